package import ProtobufC
internal import Synchronization

/// The types of some files and of the files that they import.
package final class TypePool: Sendable {
  package let messages: [MessageType]
  package let enums: [EnumType]
  private let indexesByName: [String: Int]

  init(messages: [MessageType], enums: [EnumType]) {
    self.messages = messages
    self.enums = enums
    indexesByName = Dictionary(messages.enumerated().map { ($1.name, $0) }) { first, _ in first }
  }

  /// The message type with a full name.
  package func message(named name: String) -> MessageType? {
    indexesByName[name].map { messages[$0] }
  }

  /// The message type that a type URL of an `Any` ends with.
  package func message(ofTypeURL url: String) -> MessageType? {
    guard let slash = url.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    return message(named: String(url[url.utf8.index(after: slash)...]))
  }

  /// The pools made so far.
  ///
  /// There are as many as the program has files and registries of different files.
  private static let pools = Mutex<[[UInt]: TypePool]>([:])

  /// The types that a message of one file may hold, and those of a registry.
  ///
  /// The pool is made once and kept.
  package static func pool(of file: ProtoFileDescriptor, with types: MessageTypeRegistry) -> TypePool {
    let key = [file.identity] + types.files.map(\.identity)
    if let pool = pools.withLock({ $0[key] }) { return pool }
    // Outside of the lock: it takes a while, and making it twice does no harm.
    let pool = TypePoolBuilder.pool(of: [file] + types.files)
    pools.withLock { $0[key] = pool }
    return pool
  }
}
