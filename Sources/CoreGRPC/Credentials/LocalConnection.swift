/// A kind of connection between two processes of one machine.
public struct LocalConnection: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case unixDomainSocket
    case loopback
  }

  let value: Value

  /// A Unix domain socket, with a path or abstract.
  ///
  /// The system sees to it that nobody else reads the connection.
  public static var unixDomainSocket: Self { Self(value: .unixDomainSocket) }

  /// TCP over the loopback addresses, `127.0.0.1` and `::1`.
  public static var loopback: Self { Self(value: .loopback) }
}
