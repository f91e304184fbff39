public import CoreGRPC
public import ServiceLifecycle
import ServiceLifecycleTestKit

#if !Programs && !ServiceLifecycle
  #error("add traits: [\"ServiceLifecycle\"] to the dependency on swift-coregrpc in Package.swift")
#endif

/// Runs a `Server` as a service of a `ServiceGroup`.
///
/// ```swift
/// let server = ServerService(Server(services: [GreeterService()]), listeningOn: [.tcp(host: "0.0.0.0", port: 50051)])
/// let group = ServiceGroup(
///   configuration: ServiceGroupConfiguration(
///     services: [.init(service: server)],
///     gracefulShutdownSignals: [.sigterm],
///     logger: logger
///   )
/// )
/// try await group.run()
/// ```
///
/// It binds its addresses, starts the server, and runs until the server has stopped. A graceful shutdown of the group
/// finishes the calls in progress, within the grace period. Cancelling its task stops the server immediately.
///
/// Handlers learn of the shutdown, of the group's or `Server.beginGracefulShutdown(gracePeriod:)`, as services do: by
/// `cancelOnGracefulShutdown()`, `withGracefulShutdownHandler(operation:onGracefulShutdown:)`, `gracefulShutdown()` and
/// `Task.isShuttingDownGracefully`. Their tasks, and those that they make, are not cancelled.
public struct ServerService: Service {
  private let server: Server
  private let addresses: [ListenAddress]
  private let credentials: ServerCredentials
  private let gracePeriod: Duration?
  private let onStart: @Sendable ([ListenAddress]) -> Void

  /// Creates a service, which binds nothing yet.
  ///
  /// - Parameters:
  ///   - server: A server that was not started. Addresses that it has bound already stay bound.
  ///   - addresses: The addresses to bind when the service runs.
  ///   - credentials: The protection of the connections to these addresses. For an address with others, bind it before.
  ///   - gracePeriod: The time for calls in progress after a graceful shutdown was requested; `nil` for as long as they
  ///     need. The default leaves some of the 30 seconds that Kubernetes gives a pod.
  ///   - onStart: Called when the server accepts calls, with the bound addresses in the order of `addresses`.
  public init(
    _ server: Server,
    listeningOn addresses: [ListenAddress],
    credentials: ServerCredentials = .insecure,
    gracePeriod: Duration? = .seconds(20),
    onStart: @escaping @Sendable ([ListenAddress]) -> Void = { _ in }
  ) {
    self.server = server
    self.addresses = addresses
    self.credentials = credentials
    self.gracePeriod = gracePeriod
    self.onStart = onStart
  }

  /// Runs the server until it has stopped.
  ///
  /// - Throws: `RuntimeError`, when an address cannot be bound or the server was started before.
  public func run() async throws {
    // A handler's task is not a child of this one, so it does not inherit the source of shutdown signals. The only
    // public function of swift-service-lifecycle that gives a task a source of its own is in the kit for tests; it does
    // no more than that.
    server.wrapHandlerTasks { shutdown, serve in
      await testGracefulShutdown { trigger in
        await withRPCCancellationHandler(of: shutdown) {
          await serve()
        } onCancelRPC: {
          trigger.triggerGracefulShutdown()
        }
      }
    }
    do {
      let bound = try addresses.map { address in try server.listen(on: address, credentials: credentials) }
      try server.start()
      onStart(bound)
    } catch {
      // Sockets that were bound before the failure must not stay open as long as a program holds the server.
      await server.shutdown(gracePeriod: .zero)
      throw error
    }
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        await server.waitUntilStopped()
      } onGracefulShutdown: { [server, gracePeriod] in
        server.beginGracefulShutdown(gracePeriod: gracePeriod)
      }
    } onCancel: {
      server.beginGracefulShutdown(gracePeriod: .zero)
    }
  }
}
