/// Starts a server, calls a closure with it, and shuts it down.
///
/// ```swift
/// try await withGRPCServer(
///   services: [GreeterService()],
///   listeningOn: [ListenAddress("127.0.0.1:50051")]
/// ) { server in
///   print("listening on \(server.listeningAddresses)")
///   await server.waitUntilStopped()
/// }
/// ```
///
/// The server is listening when the closure begins. When the closure returns, the server shuts down gracefully, and
/// this function returns when it has stopped. When the closure throws, or the task is cancelled, it shuts down without
/// a grace period.
///
/// - Parameters:
///   - services: The services that the server offers.
///   - addresses: The addresses to listen on. With none, the server serves this process alone, see
///     ``Server/makeInProcessChannel(configuration:interceptors:)``.
///   - credentials: The protection of the connections. Defaults to no protection.
///   - configuration: The server's settings.
///   - interceptors: The interceptors that see every call before its handler; the first one is the outermost.
///   - gracePeriod: The time for calls in progress after the closure has returned. Defaults to `nil`: no limit.
///   - handleServer: The closure that uses the server. It runs on the caller's executor.
/// - Returns: The closure's result.
/// - Throws: ``RuntimeError``, if the server cannot be started, or the closure's error.
public nonisolated(nonsending) func withGRPCServer<Result>(
  services: [any RegistrableRPCService],
  listeningOn addresses: [ListenAddress] = [],
  credentials: ServerCredentials = .insecure,
  configuration: Server.Configuration = Server.Configuration(),
  interceptors: [any ServerInterceptor] = [],
  gracePeriod: Duration? = nil,
  handleServer: nonisolated(nonsending) (Server) async throws -> Result
) async throws -> Result {
  try await withGRPCServer(
    services: services,
    listeningOn: addresses,
    credentials: credentials,
    configuration: configuration,
    interceptorPipeline: Array(interceptors),
    gracePeriod: gracePeriod,
    handleServer: handleServer
  )
}

/// Starts a server with interceptors for some of its methods, calls a closure with it, and shuts it down.
///
/// Otherwise it is
/// ``withGRPCServer(services:listeningOn:credentials:configuration:interceptors:gracePeriod:handleServer:)``.
///
/// - Parameters:
///   - services: The services that the server offers.
///   - addresses: The addresses to listen on; none for this process alone.
///   - credentials: The protection of the connections. Defaults to no protection.
///   - configuration: The server's settings.
///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the outermost.
///   - gracePeriod: The time for calls in progress after the closure has returned. Defaults to `nil`: no limit.
///   - handleServer: The closure that uses the server. It runs on the caller's executor.
/// - Returns: The closure's result.
/// - Throws: ``RuntimeError``, if the server cannot be started, or the closure's error.
public nonisolated(nonsending) func withGRPCServer<Result>(
  services: [any RegistrableRPCService],
  listeningOn addresses: [ListenAddress] = [],
  credentials: ServerCredentials = .insecure,
  configuration: Server.Configuration = Server.Configuration(),
  interceptorPipeline: [ConditionalInterceptor<any ServerInterceptor>],
  gracePeriod: Duration? = nil,
  handleServer: nonisolated(nonsending) (Server) async throws -> Result
) async throws -> Result {
  let server = Server(services: services, configuration: configuration, interceptorPipeline: interceptorPipeline)
  do {
    for address in addresses { try server.listen(on: address, credentials: credentials) }
    if !addresses.isEmpty { try server.start() }
    return try await withTaskCancellationHandler {
      let result = try await handleServer(server)
      await server.shutdown(gracePeriod: gracePeriod)
      return result
    } onCancel: {
      server.beginGracefulShutdown(gracePeriod: .zero)
    }
  } catch {
    await server.shutdown(gracePeriod: .zero)
    throw error
  }
}
