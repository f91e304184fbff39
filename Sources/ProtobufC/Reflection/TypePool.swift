package import ProtobufC
internal import Synchronization

/// The types of some files and of the files that they import.
package final class TypePool: Sendable {
  package let messages: [MessageType]
  package let enums: [EnumType]
  private let indexesByName: [String: Int]

  /// - Parameters:
  ///   - messages: The message types.
  ///   - enums: The enums.
  ///   - indexesByName: The index of each message type by its full name.
  init(messages: [MessageType], enums: [EnumType], indexesByName: [String: Int]) {
    self.messages = messages
    self.enums = enums
    self.indexesByName = indexesByName
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

  /// The type of a message, and the pool that has it and the types that it may hold.
  ///
  /// - Parameters:
  ///   - message: The message's Swift type. Its file must declare it.
  ///   - types: The types that an `Any` may have besides those of the message's own file and of its imports.
  package static func type<Value: Message>(
    of message: Value.Type,
    with types: MessageTypeRegistry
  ) -> (type: MessageType, pool: TypePool) {
    let file = message.protoFileDescriptor
    let pool = pool(of: file, with: types)
    guard let type = pool.message(named: message.protoMessageName) else {
      preconditionFailure("the file \(file.name) does not declare \(message.protoMessageName)")
    }
    return (type, pool)
  }

  /// The types of a file and of a registry.
  ///
  /// The pool is made once and kept.
  private static func pool(of file: ProtoFileDescriptor, with types: MessageTypeRegistry) -> TypePool {
    let key = [file.identity] + types.files.map(\.identity)
    if let pool = pools.withLock({ $0[key] }) { return pool }
    // Outside of the lock: it takes a while, and making it twice does no harm.
    let pool = TypePoolBuilder.pool(of: [file] + types.files)
    pools.withLock { $0[key] = pool }
    return pool
  }
}
