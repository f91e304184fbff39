package import CoreGRPC
import Glibc

/// A TCP socket on the loopback, for tests that look at bytes or break the rules.
///
/// Its functions block: they are for threads of their own.
package final class RawSocket: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { Glibc.close(descriptor) }

  package static func listening() -> RawSocket {
    let socket = RawSocket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    let bound = withLoopback(port: 0) { bind(socket.descriptor, $0, $1) }
    precondition(bound == 0 && listen(socket.descriptor, 16) == 0, "cannot listen on the loopback")
    return socket
  }

  package static func connected(toPort port: Int) -> RawSocket {
    let socket = RawSocket(Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    let isConnected = withLoopback(port: UInt16(port)) { connect(socket.descriptor, $0, $1) } == 0
    precondition(isConnected, "cannot connect to port \(port)")
    return socket
  }

  /// A socket that is connected to a TCP port of the loopback, or to a Unix domain socket.
  package static func connected(to address: ListenAddress) -> RawSocket {
    if let port = address.port { return connected(toPort: Int(port)) }
    let text = address.description
    let isAbstract = text.hasPrefix("unix-abstract:")
    let path = (isAbstract ? [0] : []) + Array(text.drop { $0 != ":" }.dropFirst().utf8)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + path.count)
    let socket = RawSocket(Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0))
    let isConnected = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(socket.descriptor, $0, length) } == 0
    }
    precondition(isConnected, "cannot connect to \(text)")
    return socket
  }

  package var port: Int {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// - Returns: `nil` when the socket was shut down.
  package func accept() -> RawSocket? {
    let connection = Glibc.accept(descriptor, nil, nil)
    return connection < 0 ? nil : RawSocket(connection)
  }

  /// - Returns: `nil` at the end.
  package func read() -> [UInt8]? {
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    return count > 0 ? Array(buffer[..<count]) : nil
  }

  package func write(_ bytes: [UInt8]) { _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }

  /// Whether a write would have to wait for the peer.
  package var isFull: Bool {
    var look = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    return poll(&look, 1, 0) == 0
  }

  /// Has reading end after a time without bytes, as if the peer had closed the connection.
  package func endReading(after seconds: Int) {
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// Whether reading ended because no bytes came.
  package var isSilent: Bool { errno == EAGAIN }

  /// Says to the peer that nothing more comes.
  package func endOutput() { _ = shutdown(descriptor, Int32(SHUT_WR)) }

  /// Ends a function that blocks in another thread.
  package func shutDown() { _ = shutdown(descriptor, Int32(SHUT_RDWR)) }

  private static func withLoopback(port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }
}
