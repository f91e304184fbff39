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
/// Use a server from any thread. A server without references stops immediately, without a graceful shutdown. A handler
/// that holds a reference to its server keeps it running until a shutdown.
public final class Server: Sendable {
  let generations: ServerGenerations

  /// Creates a server, which does not listen yet.
  ///
  /// - Parameters:
  ///   - services: The services that the server offers. Calls to any other method end with UNIMPLEMENTED.
  ///   - configuration: The server's settings.
  ///   - interceptors: The interceptors that see every call before its handler; the first one is the outermost.
  public convenience init(
    services: [any RegistrableRPCService],
    configuration: Configuration = Configuration(),
    interceptors: [any ServerInterceptor] = []
  ) {
    self.init(services: services, configuration: configuration, interceptorPipeline: Array(interceptors))
  }

  /// Creates a server, which does not listen yet, with interceptors for some of its methods.
  ///
  /// - Parameters:
  ///   - services: The services that the server offers. Calls to any other method end with UNIMPLEMENTED.
  ///   - configuration: The server's settings.
  ///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the
  ///     outermost.
  public convenience init(
    services: [any RegistrableRPCService],
    configuration: Configuration = Configuration(),
    interceptorPipeline: [ConditionalInterceptor<any ServerInterceptor>]
  ) {
    var router = RPCRouter()
    for service in services { router.register(service) }
    self.init(router: router, configuration: configuration, interceptorPipeline: interceptorPipeline)
  }

  /// Creates a server, which does not listen yet, for methods registered one by one.
  ///
  /// - Parameters:
  ///   - router: The methods, each with its handler. Calls to any other method end with UNIMPLEMENTED.
  ///   - configuration: The server's settings.
  ///   - interceptors: The interceptors that see every call before its handler; the first one is the outermost.
  public convenience init(
    router: RPCRouter,
    configuration: Configuration = Configuration(),
    interceptors: [any ServerInterceptor] = []
  ) {
    self.init(router: router, configuration: configuration, interceptorPipeline: Array(interceptors))
  }

  /// Creates a server, which does not listen yet, for methods registered one by one, with interceptors for some of
  /// them.
  ///
  /// - Parameters:
  ///   - router: The methods, each with its handler. Calls to any other method end with UNIMPLEMENTED.
  ///   - configuration: The server's settings.
  ///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the
  ///     outermost.
  public init(
    router: RPCRouter,
    configuration: Configuration = Configuration(),
    interceptorPipeline: [ConditionalInterceptor<any ServerInterceptor>]
  ) {
    self.generations = ServerGenerations(
      routes: router.routes(interceptors: interceptorPipeline, observers: configuration.callObservers),
      routeError: router.duplicateError,
      configuration: configuration
    )
  }

  deinit { generations.stop() }

  /// Binds an address.
  ///
  /// Call it before ``start()``, once for each address. It blocks while the system looks up a host's name.
  ///
  /// - Parameters:
  ///   - address: The address to bind.
  ///   - credentials: The protection of the connections to this address. Defaults to plaintext.
  /// - Returns: The address with the port that was bound.
  /// - Throws: ``RuntimeError``, with the address and the system's error, or with the fault of the credentials.
  @discardableResult
  public func listen(
    on address: ListenAddress,
    credentials: ServerCredentials = .insecure
  ) throws(RuntimeError) -> ListenAddress {
    try generations.listen(on: address, credentials: credentials)
  }

  /// The addresses that the server listens on, with the ports that were bound; none once it shuts down.
  public var listeningAddresses: [ListenAddress] { generations.listeningAddresses }

  /// Makes the handlers' tasks run inside code of the caller: called before ``start()``.
  ///
  /// - Parameter wrapper: Called in each such task. It calls the function that it is given, which serves one call after
  ///   the other, and with it gets a handle that is cancelled when the server begins to shut down.
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
  /// - Throws: ``RuntimeError/Code/serverIsAlreadyRunning`` or ``RuntimeError/Code/serverIsStopped``, if the server was
  ///   started or shut down before. ``RuntimeError/Code/noAddress``, if it listens on no address: a server for this
  ///   process alone is started by ``makeInProcessChannel(configuration:interceptors:)``.
  ///   ``RuntimeError/Code/duplicateMethod``, if a method has been registered twice.
  public func start() throws(RuntimeError) { try generations.start() }

  /// Begins to accept connections and calls, and returns when the server has been shut down.
  ///
  /// Cancelling the task shuts the server down without a grace period.
  ///
  /// - Throws: See ``start()``.
  public func serve() async throws(RuntimeError) {
    try start()
    await withTaskCancellationHandler {
      await waitUntilStopped()
    } onCancel: {
      beginGracefulShutdown(gracePeriod: .zero)
    }
  }

  /// Begins to shut down, and returns immediately.
  ///
  /// The server accepts no new connections, and tells its clients to make their next calls elsewhere (GOAWAY). Calls
  /// that are on their way when a client learns of it are still served, until none has come for a second and for ten
  /// seconds at most; so none is lost. Handlers learn of the shutdown from ``ServerContext/cancellation``, and their
  /// tasks are not cancelled. Calls that are not done when the grace period is over end with UNAVAILABLE, and their
  /// handlers are cancelled. One whose message waits for the client's window is reset; if it is the last call of its
  /// connection, its client sees the connection end without a status. A later call can shorten the grace period; with
  /// none (`.zero`) all calls end immediately, and those on their way end with CANCELLED.
  ///
  /// - Parameter gracePeriod: The time for calls in progress. Defaults to `nil`: no limit.
  public func beginGracefulShutdown(gracePeriod: Duration? = nil) {
    generations.beginShutdown(gracePeriod: gracePeriod)
  }

  /// Shuts the server down, and returns when no call is in progress and no port is open.
  ///
  /// - Parameter gracePeriod: See ``beginGracefulShutdown(gracePeriod:)``.
  public func shutdown(gracePeriod: Duration? = nil) async {
    generations.beginShutdown(gracePeriod: gracePeriod)
    await generations.waitUntilStopped()
  }

  /// Returns when the server has been shut down.
  ///
  /// A line that the program printed before appears immediately only on a terminal. For a file or a pipe it stays in a
  /// buffer: `fflush(nil)` writes it.
  public func waitUntilStopped() async { await generations.waitUntilStopped() }
}
