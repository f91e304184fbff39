/// A gRPC server.
///
/// ```swift
/// let server = Server(services: [GreeterService()])
/// let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
/// try server.start()
/// print("listening on \(address)")
/// await server.shutdown(gracePeriod: .seconds(5))
/// ```
///
/// A server may be used from any thread. One that is let go without a shutdown stops at once; a handler that holds its server
/// keeps it until a shutdown.
public final class Server: Sendable {
  let generations: ServerGenerations

  /// Creates a server, which does not listen yet.
  ///
  /// - Parameters:
  ///   - services: What the server offers. Calls to any other method end with UNIMPLEMENTED.
  ///   - configuration: The server's settings.
  ///   - interceptors: What sees the calls before the handlers; the first one is the outermost.
  public convenience init(
    services: [any RegistrableRPCService],
    configuration: Configuration = Configuration(),
    interceptors: [ConditionalInterceptor<any ServerInterceptor>] = []
  ) {
    var router = RPCRouter()
    for service in services { service.registerMethods(with: &router) }
    self.init(router: router, configuration: configuration, interceptors: interceptors)
  }

  /// Creates a server, which does not listen yet, for methods registered one by one.
  public init(
    router: RPCRouter,
    configuration: Configuration = Configuration(),
    interceptors: [ConditionalInterceptor<any ServerInterceptor>] = []
  ) {
    self.generations = ServerGenerations(
      routes: router.routes(interceptors: interceptors),
      configuration: configuration
    )
  }

  deinit { generations.stop() }

  /// Binds an address.
  ///
  /// May be called several times, before ``start()``. Blocks while a host's name is looked up.
  ///
  /// - Parameters:
  ///   - address: What to bind.
  ///   - credentials: How the connections to this address are protected.
  /// - Returns: The address with the port that was bound.
  /// - Throws: An error that names the address and says what the system has against it, or what is wrong with the
  ///   credentials.
  @discardableResult
  public func listen(
    on address: ListenAddress,
    credentials: ServerCredentials = .insecure
  ) throws(ServerError) -> ListenAddress {
    try generations.listen(on: address, credentials: credentials)
  }

  /// Has the tasks of the handlers run in surroundings of the caller's: before ``start()``.
  ///
  /// - Parameter wrapper: Called in each such task. It calls the function that it is given, which serves one call after the other,
  ///   and with it gets a handle that is cancelled when the server begins to shut down.
  package func wrapHandlerTasks(
    _ wrapper:
      @escaping @Sendable (
        _ shutdown: ServerContext.RPCCancellationHandle,
        _ serve: @Sendable @escaping () async -> Void
      ) async -> Void
  ) {
    generations.shutdownSignal.wrap(wrapper)
  }

  /// Begins to accept connections and calls.
  ///
  /// - Throws: ``ServerError/Code/wrongState``, if the server was started or shut down before.
  public func start() throws(ServerError) { try generations.start() }

  /// Begins to shut down, and returns at once.
  ///
  /// The server accepts no new connections, and tells its clients to make their next calls elsewhere (GOAWAY). Calls that are on
  /// their way when a client learns of it are still served, for up to a second; so none is lost. Handlers learn of the shutdown
  /// from ``ServerContext/cancellation``, and their tasks are not cancelled. Calls that are not done when the grace period is over
  /// are cancelled. A later call can shorten the grace period; with none (`.zero`) all calls are cancelled at once, and those on
  /// their way end with CANCELLED.
  ///
  /// - Parameter gracePeriod: How long calls in progress may take; `nil` for as long as they need.
  public func beginGracefulShutdown(gracePeriod: Duration? = nil) {
    generations.beginShutdown(gracePeriod: gracePeriod)
  }

  /// Shuts the server down, and returns when that is done: no call is in progress and no port is open any more.
  ///
  /// - Parameter gracePeriod: See ``beginGracefulShutdown(gracePeriod:)``.
  public func shutdown(gracePeriod: Duration? = nil) async {
    generations.beginShutdown(gracePeriod: gracePeriod)
    await generations.waitUntilStopped()
  }

  /// Returns when the server has been shut down.
  ///
  /// A line that was printed before is seen at once only on a terminal. Where standard output is a file or a pipe it waits in a
  /// buffer: `fflush(nil)` writes it.
  public func waitUntilStopped() async { await generations.waitUntilStopped() }
}
