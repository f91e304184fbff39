import Glibc

extension ListeningSocket {
  /// Returns whether the socket listens at an IP address and port, and not just at the port.
  func listens(at address: ListenAddress) -> Bool {
    guard
      let (host, port) = address.tcp, name.port == port, isOpen,
      let wanted = NumericAddress(host: host, port: port), let own = NumericAddress(of: descriptor)
    else { return false }
    // C-core binds either wildcard as that of both versions of IP.
    return own.host == wanted.host || own.isWildcard && wanted.isWildcard
  }
}
