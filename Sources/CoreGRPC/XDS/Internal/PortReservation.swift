import Glibc

/// A TCP port that is bound, and kept for C-core until that listens there.
///
/// C-core binds an xDS server's port only when the control plane has answered, cannot tell which port the system chose,
/// and ends the process if it cannot bind (`Chttp2ServerListener::ConfigFetcherWatcher::UpdateConnectionManager` of
/// gRPC 1.51). So the library binds the port first, with `SO_REUSEPORT`, and does not listen: C-core, which sets the
/// same option, can then bind the same port, and a socket without the option, or of another user, cannot.
final class PortReservation: Sendable {
  private let descriptor: Int32

  private init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  /// Binds the port of an address.
  ///
  /// - Returns: The reservation, and the address in its usual form, with the port that was bound.
  /// - Throws: The problem of the address, or the system's error.
  static func make(
    _ address: ListenAddress,
    allowsPortReuse: Bool
  ) throws(RuntimeError) -> (PortReservation, ListenAddress) {
    guard let (host, port) = address.tcp else {
      throw RuntimeError(
        code: .invalidArgument,
        message: "cannot listen on \(address): a server with xDS listens on IP addresses only"
      )
    }
    guard let socket = NumericAddress(host: host, port: port) else {
      throw RuntimeError(
        code: .invalidArgument,
        message: """
          cannot listen on \(address): a server with xDS needs an IP address, as in 127.0.0.1:50051 or [::]:50051, which \
          the control plane's resource names
          """
      )
    }
    func fail(_ error: Int32) -> RuntimeError {
      let reason = unsafe String(cString: strerror(error))
      return RuntimeError(code: .transportError, message: "cannot listen on \(address): \(reason)")
    }
    // Sockets that listen without SO_REUSEPORT, or with it where that is not allowed, keep the port.
    if !allowsPortReuse, port != 0 {
      let (probe, error) = bind(socket, reusesAddress: true, reusesPort: false)
      guard let probe else { throw fail(error) }
      close(probe)
    }
    // Without SO_REUSEADDR first, which would let others that set it bind the port as well. A port in TIME_WAIT needs
    // it.
    var (descriptor, error) = bind(socket, reusesAddress: false, reusesPort: true)
    if descriptor == nil, error == EADDRINUSE {
      (descriptor, error) = bind(socket, reusesAddress: true, reusesPort: true)
    }
    guard let descriptor else { throw fail(error) }
    let reservation = PortReservation(descriptor)
    guard let bound = NumericAddress.port(of: descriptor) else { throw fail(errno) }
    return (reservation, .tcp(host: socket.host, port: bound))
  }

  private static func bind(
    _ address: NumericAddress,
    reusesAddress: Bool,
    reusesPort: Bool
  ) -> (descriptor: Int32?, error: Int32) {
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else { return (nil, errno) }
    // As C-core: `::` is for IPv4, too.
    let isSet =
      set(SO_REUSEADDR, SOL_SOCKET, reusesAddress, descriptor) && set(SO_REUSEPORT, SOL_SOCKET, reusesPort, descriptor)
      && (address.family != AF_INET6 || set(IPV6_V6ONLY, Int32(IPPROTO_IPV6), false, descriptor))
    guard isSet, address.bind(descriptor) else {
      let error = errno
      close(descriptor)
      return (nil, error)
    }
    return (descriptor, 0)
  }

  private static func set(_ option: Int32, _ level: Int32, _ value: Bool, _ descriptor: Int32) -> Bool {
    var value: Int32 = value ? 1 : 0
    return unsafe setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size)) == 0
  }
}
