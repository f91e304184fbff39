extension Server.Configuration {
  /// The settings of a server that takes its configuration from an xDS control plane (gRFC A36).
  ///
  /// The server asks the control plane for a listener of each of its addresses, by the bootstrap configuration's
  /// `server_listener_resource_name_template`, with the IP address and the port in place of `%s`. It accepts
  /// connections once it has that resource and the routes that the resource names. Then the control plane decides on
  /// the routes and HTTP filters of its calls, such as authorization (RBAC), and with
  /// ``ServerCredentials/xds(fallback:)`` on the protection of its connections. When it sends another listener, C-core
  /// tells the clients of existing connections to make their next calls on new ones.
  ///
  /// ```swift
  /// var configuration = Server.Configuration()
  /// configuration.xds = Server.Configuration.XDS()
  /// let server = Server(services: [GreeterService()], configuration: configuration)
  /// try server.listen(on: ListenAddress("10.0.0.7:50051"), credentials: .xds(fallback: .insecure))
  /// try server.start()
  /// ```
  ///
  /// The server listens on IP addresses only: the resource's name has one, and so the address must have one, too. With
  /// port 0 the system chooses the port, and the name has that one. Until the control plane answers, the server
  /// reserves the port. Then C-core listens there in a way that lets another process of the same user listen on the
  /// same port, too, if that allows it as well (`SO_REUSEPORT`), as other gRPC implementations do by default.
  ///
  /// With ``Server/Configuration/allowsPortReuse`` the library cannot tell the server's sockets from those of others.
  /// Then a server that shuts down accepts connections until its calls have ended, and one that C-core has stopped
  /// accepting connections for, for want of descriptors, does not listen anew.
  public struct XDS: Sendable {
    /// Whether an address accepts connections.
    public enum ServingStatus: Sendable, Hashable {
      /// The server accepts connections, by the configuration that the control plane has sent.
      case serving
      /// The server accepts no connections: the control plane has no listener for the address, or C-core refused it.
      case notServing(reason: String)
    }

    /// The source of the bootstrap configuration, which is read when the server is created.
    ///
    /// A problem with it is the error of each ``Server/listen(on:credentials:)``. Defaults to the environment.
    public var bootstrap: XDSBootstrap

    /// A closure that the server calls when an address begins or ceases to accept connections, and when C-core refuses
    /// a listener while it has none.
    ///
    /// The server calls it on a thread of its own, for one change after the other. It may block. Meanwhile the server
    /// keeps the last 256 changes.
    ///
    /// Defaults to `nil`: ``CoreGRPCLog`` gets an event for each change.
    public var onServingStatusChange: (@Sendable (ListenAddress, ServingStatus) -> Void)?

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - bootstrap: The source of the bootstrap configuration. Defaults to the environment.
    ///   - onServingStatusChange: A closure that the server calls when an address begins or ceases to accept
    ///     connections. Defaults to `nil`: ``CoreGRPCLog`` gets an event for each change.
    public init(
      bootstrap: XDSBootstrap = .environment,
      onServingStatusChange: (@Sendable (ListenAddress, ServingStatus) -> Void)? = nil
    ) {
      self.bootstrap = bootstrap
      self.onServingStatusChange = onServingStatusChange
    }
  }
}
