import CGRPC
import Glibc

/// Two sockets that are connected to each other.
struct SocketPair: ~Copyable {
  private var descriptors: (Int32, Int32)

  /// - Throws: What the system has against it, for instance too many open files.
  init() throws(ServerError) {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
      let reason = String(cString: strerror(errno))
      throw ServerError(code: .cannotListen, message: "cannot make a pair of sockets: \(reason)")
    }
    descriptors = (pair[0], pair[1])
  }

  deinit {
    if descriptors.0 >= 0 { Self.close(descriptors.0) }
    if descriptors.1 >= 0 { Self.close(descriptors.1) }
  }

  static func close(_ socket: Int32) { _ = Glibc.close(socket) }

  /// Gives a socket away: whoever takes it must close it.
  mutating func takeServerEnd() -> Int32 {
    defer { descriptors.0 = -1 }
    return descriptors.0
  }

  /// Gives a socket away: whoever takes it must close it.
  mutating func takeClientEnd() -> Int32 {
    defer { descriptors.1 = -1 }
    return descriptors.1
  }
}
