import Glibc

/// An IP address with a port, as the socket calls take it.
struct NumericAddress {
  let family: Int32
  /// The address in its usual form, which is also C-core's.
  let host: String
  private let bytes: [UInt8]

  /// Reads an address; `nil` if the text is a name, or no address at all.
  init?(host: String, port: UInt16) {
    var hints = unsafe addrinfo()
    unsafe hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
    unsafe hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard unsafe getaddrinfo(host, String(port), &hints, &list) == 0 else { return nil }
    defer { unsafe freeaddrinfo(list) }
    // The list lives until the end of this function, and its address has the length that stands beside it.
    guard let first = unsafe list?.pointee, let address = unsafe first.ai_addr else { return nil }
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    guard unsafe getnameinfo(address, first.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST) == 0
    else {
      return nil
    }
    self.family = unsafe first.ai_family
    self.host = Self.text(text)
    self.bytes = unsafe Array(UnsafeRawBufferPointer(start: address, count: Int(first.ai_addrlen)))
  }

  /// Reads the address that a socket is bound to; `nil` if it is not bound to one of IP.
  ///
  /// An IPv4 address is in its own form, also where the socket is of IPv6.
  init?(of descriptor: Int32) {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
      // The socket calls take every kind of address through a pointer to sockaddr.
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard unsafe getsockname(descriptor, address, &length) == 0 else { return errno }
        return unsafe getnameinfo(address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      }
    }
    guard failure == 0, [AF_INET, AF_INET6].contains(Int32(address.sin6_family)) else { return nil }
    let host = Self.text(text)
    let mapped = "::ffff:"
    self.family = Int32(address.sin6_family)
    self.host = host.hasPrefix(mapped) && host.contains(".") ? String(host.dropFirst(mapped.count)) : host
    self.bytes = unsafe withUnsafeBytes(of: &address) { unsafe Array($0.prefix(Int(length))) }
  }

  private static func text(_ text: [CChar]) -> String {
    String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Whether the address stands for all of the machine's.
  var isWildcard: Bool { ["0.0.0.0", "::"].contains(host) }

  /// Binds a socket to the address.
  ///
  /// - Returns: Whether it was bound; `errno` has the reason if not.
  func bind(_ descriptor: Int32) -> Bool {
    // The bytes are those of an address of the family, and aligned as any allocation is.
    unsafe bytes.withUnsafeBytes { bytes in
      guard let address = unsafe bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return false }
      return unsafe Glibc.bind(descriptor, address, socklen_t(bytes.count)) == 0
    }
  }

  /// Returns the port that a socket is bound to.
  static func port(of descriptor: Int32) -> UInt16? {
    var address = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
      // The socket calls take every kind of address through a pointer to sockaddr.
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe getsockname(descriptor, $0, &length) }
    }
    // The port is at the same place in both versions of IP.
    return failure == 0 ? UInt16(bigEndian: address.sin6_port) : nil
  }
}
