import Glibc

/// A probe whether a process listens on a Unix domain socket.
///
/// C-core removes a socket's file before it binds the path, so that a second server would silently take the path from a
/// running one.
enum UnixSocketProbe {
  /// Returns whether a process listens on the socket at `path`, even one that accepts nothing.
  ///
  /// A full backlog makes a blocking `connect` wait until the listener accepts, perhaps for ever. A non-blocking one
  /// fails with `EAGAIN` then, and for Unix domain sockets that has no other meaning (connect(2)).
  static func isListening(atPath path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return false }
    unsafe withUnsafeMutableBytes(of: &address.sun_path) { unsafe $0.copyBytes(from: bytes) }

    let type = Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return unsafe withUnsafePointer(to: &address) { address in
      // The socket calls take every kind of address through a pointer to sockaddr.
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        unsafe connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0 || errno == EAGAIN
      }
    }
  }
}
