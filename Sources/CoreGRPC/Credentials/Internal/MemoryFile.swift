import CGRPC
import Glibc
import Synchronization

/// A text in memory that C-core reads as a file, and that is replaced atomically.
///
/// The path leads to a descriptor of this process. The descriptor refers to an anonymous file, and to another one after
/// the text was replaced. Each has another time of its last change, by which C-core finds that it has read two parts of
/// an identity from different files.
///
/// C-core may read the path for a short time after the last channel is gone. So a descriptor keeps its last text until
/// another object of the same kind uses it, and is never closed.
final class MemoryFile: Sendable {
  enum Kind: Sendable, Hashable {
    case identity
    case roots
  }

  private static let free = Locked<[Kind: [Int32]]>([:])
  private static let lastTime = Atomic(0)

  private let kind: Kind
  private let descriptor: Int32

  /// - Throws: The system's error.
  init(_ kind: Kind, _ text: String) throws(CredentialsError) {
    self.kind = kind
    let file = try Self.make(text)
    if let descriptor = Self.free.withLock({ $0[kind]?.popLast() }) {
      self.descriptor = descriptor
      try Self.move(file, to: descriptor)
    } else {
      self.descriptor = file
    }
  }

  deinit { Self.free.withLock { [descriptor, kind] free in free[kind, default: []].append(descriptor) } }

  /// The path for C-core.
  var path: String { "/proc/self/fd/\(descriptor)" }

  /// Replaces the text.
  ///
  /// - Throws: The system's error.
  func replace(by text: String) throws(CredentialsError) { try Self.move(try Self.make(text), to: descriptor) }

  private static func make(_ text: String) throws(CredentialsError) -> Int32 {
    let file = unsafe cgrpc_make_memory_file("grpc-certificates")
    guard file >= 0 else { throw .system }
    var text = text
    let isWritten = text.withUTF8 { bytes in
      var count = 0
      while count < bytes.count {
        let written = unsafe write(file, bytes.baseAddress.map { unsafe $0 + count }, bytes.count - count)
        if written <= 0, errno != EINTR { return false }
        count += max(0, written)
      }
      return true
    }
    // C-core reads whole seconds, and takes 0 for an error.
    let time = timespec(tv_sec: lastTime.add(1, ordering: .relaxed).newValue, tv_nsec: 0)
    let isStamped = unsafe withUnsafeTemporaryAllocation(of: timespec.self, capacity: 2) { times in
      unsafe times.initialize(repeating: time)
      return unsafe futimens(file, times.baseAddress) == 0
    }
    // Nobody can write to it any more, by whatever path.
    let isSealed = cgrpc_seal_memory_file(file) == 0
    guard isWritten, isStamped, isSealed else {
      let error = CredentialsError.system
      close(file)
      throw error
    }
    return file
  }

  private static func move(_ file: Int32, to descriptor: Int32) throws(CredentialsError) {
    let result = cgrpc_move_descriptor(file, descriptor, O_CLOEXEC)
    let error = CredentialsError.system
    close(file)
    // The limit of descriptors may be below this one by now.
    guard result == descriptor else { throw error }
  }
}
