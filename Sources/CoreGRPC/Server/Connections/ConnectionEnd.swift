import Glibc

/// One end of a TCP connection: an address and a port.
struct ConnectionEnd: Sendable, Hashable {
  /// The address as one of IPv6, in which one of IPv4 is mapped (RFC 4291, section 2.5.5.2): a socket of IPv6 takes
  /// connections of both.
  private let host: [UInt8]

  let port: UInt16

  private static let mappedPrefix = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]

  /// Creates the end that C-core names, as in `ipv4:127.0.0.1:41234` or `ipv6:%5B::1%5D:41234`; `nil` for one without a
  /// port.
  init?(_ text: String) {
    guard text.hasPrefix("ipv4:") || text.hasPrefix("ipv6:") else { return nil }
    let address = text.dropFirst(5).percentDecodedText
    guard let colon = address.lastIndex(of: ":"), let port = UInt16(address[address.index(after: colon)...]) else {
      return nil
    }
    var host = address[..<colon]
    if text.hasPrefix("ipv4:") {
      var bytes = in_addr()
      guard unsafe inet_pton(AF_INET, String(host), &bytes) == 1 else { return nil }
      self.host = unsafe Self.mappedPrefix + withUnsafeBytes(of: bytes, Array.init)
    } else {
      guard host.first == "[", host.last == "]" else { return nil }
      // Without the interface of a link-local address.
      host = host.dropFirst().dropLast().prefix { $0 != "%" }
      var bytes = in6_addr()
      guard unsafe inet_pton(AF_INET6, String(host), &bytes) == 1 else { return nil }
      self.host = unsafe withUnsafeBytes(of: bytes, Array.init)
    }
    self.port = port
  }

  /// Creates the other end of a socket's connection; `nil` if it has none, or one of another kind.
  init?(peerOf descriptor: Int32) { unsafe self.init { unsafe getpeername(descriptor, $0, $1) } }

  /// Creates this end of a socket's connection; `nil` if it has none, or one of another kind.
  init?(localOf descriptor: Int32) { unsafe self.init { unsafe getsockname(descriptor, $0, $1) } }

  /// Returns this end of the one connection of the process that has the other end at an address.
  ///
  /// - Parameters:
  ///   - peer: The other end, as C-core names it.
  ///   - ports: The ports of this end that count; `nil` for any.
  /// - Returns: The end; `nil` if there is no such connection, or several.
  static func local(ofConnectionTo peer: String, ports: Set<UInt16>? = nil) -> ConnectionEnd? {
    guard let peer = ConnectionEnd(peer) else { return nil }
    let found = (ListeningSocket.descriptors() ?? []).compactMap { descriptor -> ConnectionEnd? in
      guard ConnectionEnd(peerOf: descriptor) == peer else { return nil }
      guard let local = ConnectionEnd(localOf: descriptor) else { return nil }
      return ports?.contains(local.port) == false ? nil : local
    }
    return found.count == 1 ? found.first : nil
  }

  private init?(_ name: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32) {
    var address = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    // The socket calls take every kind of address through a pointer to sockaddr, and `sockaddr_storage` has room for
    // each of them.
    let failure = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { unsafe name($0, &length) }
    }
    guard failure == 0 else { return nil }
    switch Int32(address.ss_family) {
    case AF_INET:
      // The system has written a `sockaddr_in`, as the family says.
      let address = unsafe withUnsafeBytes(of: &address) { unsafe $0.load(as: sockaddr_in.self) }
      host = unsafe Self.mappedPrefix + withUnsafeBytes(of: address.sin_addr, Array.init)
      port = UInt16(bigEndian: address.sin_port)
    case AF_INET6:
      let address = unsafe withUnsafeBytes(of: &address) { unsafe $0.load(as: sockaddr_in6.self) }
      host = unsafe withUnsafeBytes(of: address.sin6_addr, Array.init)
      port = UInt16(bigEndian: address.sin6_port)
    default:
      return nil
    }
  }
}

extension ConnectionEnd: CustomStringConvertible {
  /// The end as C-core names it.
  var description: String {
    if host.starts(with: Self.mappedPrefix) {
      return "ipv4:" + host.suffix(4).map { String($0) }.joined(separator: ".") + ":\(port)"
    }
    let text = unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(INET6_ADDRSTRLEN)) { room in
      unsafe host.withUnsafeBytes { host in
        // The host has the 16 bytes of an `in6_addr`, and the room is that of the longest text with its NUL.
        unsafe inet_ntop(AF_INET6, host.baseAddress, room.baseAddress, socklen_t(room.count)).map {
          unsafe String(cString: $0)
        }
      }
    }
    return "ipv6:%5B\(text ?? "")%5D:\(port)"
  }
}

extension Substring {
  fileprivate var percentDecodedText: String { String(self).percentDecoded }
}
