import CoreGRPC
import Glibc

/// A Unix domain socket that accepts no connection, and whose backlog is full.
final class BusyUnixListener: Sendable {
  private let listener: Int32
  private let waiting: [Int32]
  private let isClosed = Locked(false)

  /// Binds `path`, and connects to it until the system takes no more.
  init(path: String) {
    func makeSocket() -> Int32 { socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_NONBLOCK.rawValue), 0) }

    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    precondition(bytes.count < MemoryLayout.size(ofValue: address.sun_path), "the path is too long")
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)

    let listener = makeSocket()
    var waiting: [Int32] = []
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        precondition(bind(listener, address, size) == 0 && listen(listener, 0) == 0, "cannot listen on \(path)")
        // A backlog of 0 has room for one connection; the bound keeps a different kernel from making this endless.
        while waiting.count < 100 {
          let client = makeSocket()
          waiting.append(client)
          if connect(client, address, size) != 0 { break }
        }
        precondition(errno == EAGAIN, "the backlog of \(path) does not fill")
      }
    }
    self.listener = listener
    self.waiting = waiting
  }

  deinit { close() }

  /// Closes the socket; its file stays.
  func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    for descriptor in waiting + [listener] { _ = Glibc.close(descriptor) }
  }
}
