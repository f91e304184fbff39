import CGRPC
import Glibc

/// Two sockets that are connected to each other.
struct SocketPair: ~Copyable {
  private var descriptors: (Int32, Int32)

  /// - Throws: The system's error, for instance too many open files.
  init() throws(RuntimeError) {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard unsafe socketpair(AF_UNIX, type, 0, &pair) == 0 else {
      let reason = unsafe String(cString: strerror(errno))
      throw RuntimeError(code: .transportError, message: "cannot make a pair of sockets: \(reason)")
    }
    descriptors = (pair[0], pair[1])
  }

  deinit {
    if descriptors.0 >= 0 { Self.close(descriptors.0) }
    if descriptors.1 >= 0 { Self.close(descriptors.1) }
  }

  static func close(_ socket: Int32) { _ = Glibc.close(socket) }

  /// Hands over a socket: the caller must close it.
  mutating func takeServerEnd() -> Int32 {
    defer { descriptors.0 = -1 }
    return descriptors.0
  }

  /// Hands over a socket: the caller must close it.
  mutating func takeClientEnd() -> Int32 {
    defer { descriptors.1 = -1 }
    return descriptors.1
  }
}
