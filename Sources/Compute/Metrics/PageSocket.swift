import Glibc

/// A socket that listens for clients of a page.
final class PageSocket: Sendable {
  /// The reason why there is none.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// The type of sockets that carry streams, do not block, and are closed on `exec`.
  static let streamType =
    Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)

  /// The descriptor, which does not block.
  let descriptor: Int32

  /// The address with its port: host:port, or [IPv6 address]:port.
  let address: String

  /// Listens on the first address of a host that can be bound.
  ///
  /// - Throws: ``Failure``.
  init(host: String, port: UInt16) throws(Failure) {
    var hints = addrinfo()
    hints.ai_flags = AI_PASSIVE
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, "\(port)", &hints, &list)
    guard code == 0 else {
      throw Failure(description: "cannot listen on \(host):\(port): \(String(cString: gai_strerror(code)))")
    }
    defer { freeaddrinfo(list) }
    var reason = "it has no address"
    var candidate = list
    while let entry = candidate?.pointee {
      candidate = entry.ai_next
      let socket = socket(entry.ai_family, Self.streamType, entry.ai_protocol)
      var on: Int32 = 1
      guard
        socket >= 0,
        setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size)) == 0,
        bind(socket, entry.ai_addr, entry.ai_addrlen) == 0,
        listen(socket, 128) == 0,
        let name = Self.name(of: socket)
      else {
        reason = String(cString: strerror(errno))
        if socket >= 0 { close(socket) }
        continue
      }
      descriptor = socket
      address = name
      return
    }
    throw Failure(description: "cannot listen on \(host):\(port): \(reason)")
  }

  deinit { close(descriptor) }

  /// Returns the next connection's descriptor; `nil` and the error's number if there is none.
  func accept() -> (descriptor: Int32?, error: Int32) {
    let connection = Glibc.accept(descriptor, nil, nil)
    guard connection >= 0 else { return (nil, errno) }
    _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
    _ = fcntl(connection, F_SETFL, O_NONBLOCK)
    return (connection, 0)
  }

  private static func name(of socket: Int32) -> String? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
    let code = withUnsafeMutablePointer(to: &storage) { storage in
      storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard getsockname(socket, address, &length) == 0 else { return Int32(-1) }
        return getnameinfo(
          address,
          length,
          &host,
          socklen_t(host.count),
          &port,
          socklen_t(port.count),
          NI_NUMERICHOST | NI_NUMERICSERV
        )
      }
    }
    guard code == 0 else { return nil }
    func text(_ characters: [CChar]) -> String {
      String(decoding: characters.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
    let name = text(host)
    return name.contains(":") ? "[\(name)]:\(text(port))" : "\(name):\(text(port))"
  }
}
