import CoreGRPC
import CoreGRPCServiceLifecycle
import Logging
import ServiceLifecycle
import TestSupport
import Testing

@Suite("A server as a service", .timeLimit(.minutes(5)))
struct ServerServiceTests {
  private static let loopback = ListenAddress.tcp(host: "127.0.0.1", port: 0)

  /// A service that says where it listens.
  private func service(
    _ server: Server,
    gracePeriod: Duration? = nil
  ) -> (service: ServerService, address: AsyncStream<ListenAddress>) {
    let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
    let service = ServerService(server, listeningOn: [Self.loopback], gracePeriod: gracePeriod) { bound in
      for address in bound { continuation.yield(address) }
    }
    return (service, addresses)
  }

  private func group(_ services: any Service...) -> ServiceGroup {
    ServiceGroup(services: services, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
  }

  /// Returns when the server takes no connections any more: until then a method that it has not is UNIMPLEMENTED.
  private func serverIsShuttingDown(at address: ListenAddress) async {
    let unknown = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unknown")
    while true {
      do {
        _ = try await Channel(target: address.description).echo(method: unknown)
      } catch {
        if (error as? RPCError)?.code != .unimplemented { return }
      }
    }
  }

  @Test("The credentials are for all of its addresses, and wrong ones stop the service before it serves")
  func credentials() async throws {
    let certificates = try await TestCertificates()
    let (addresses, continuation) = AsyncStream.makeStream(of: ListenAddress.self)
    let service = ServerService(
      EchoServer.make(),
      listeningOn: [Self.loopback],
      credentials: .tls(identity: certificates.server)
    ) { bound in
      for address in bound { continuation.yield(address) }
    }
    let group = group(service)
    let run = Task { try await group.run() }
    let address = try #require(await addresses.first { _ in true })
    let channel = try Channel(target: address.description, credentials: .tls(trustRoots: certificates.trustRoots))
    _ = try await channel.echo()
    let plain = try Channel(target: address.description)
    let error = await #expect(throws: RPCError.self) { try await plain.echo() }
    #expect(error?.code == .unavailable)
    await group.triggerGracefulShutdown()
    try await run.value

    let nobody = TLSIdentity(certificateChain: .text(""), privateKey: .text(""))
    let wrong = ServerService(EchoServer.make(), listeningOn: [Self.loopback], credentials: .tls(identity: nobody))
    let failure = await #expect(throws: RuntimeError.self) { try await wrong.run() }
    #expect(failure?.code == .invalidCredentials)
  }

  @Test("A graceful shutdown finishes a call in progress")
  func gracefulShutdown() async throws {
    let arrived = Gate()
    let proceed = Gate()
    let (service, addresses) = service(
      EchoServer.make {
        arrived.open()
        await proceed.pass()
      }
    )
    let group = group(service)
    let run = Task { try await group.run() }
    let address = try #require(await addresses.first { _ in true })
    let channel = try Channel(target: address.description)
    async let answer = channel.echo([7])
    await arrived.pass()
    await group.triggerGracefulShutdown()
    await serverIsShuttingDown(at: address)
    proceed.open()
    let message = try await answer
    #expect(message == [7])
    try await run.value
    let error = await #expect(throws: RPCError.self) { try await channel.echo() }
    #expect(error?.code == .unavailable)
  }

  @Test("Handlers of all kinds hear of a graceful shutdown as services do", arguments: [false, true])
  func handlersHear(onPollers: Bool) async throws {
    let arrivals = (0..<4).map { _ in Gate() }
    /// Waits for what never comes, in each of the ways that swift-service-lifecycle offers.
    @Sendable func wait(_ index: Int) async throws -> [UInt8] {
      let (endless, continuation) = AsyncStream.makeStream(of: Int.self)
      arrivals[index].open()
      switch index {
      case 0: for await _ in endless.cancelOnGracefulShutdown() {}
      case 1: try await ServiceLifecycle.gracefulShutdown()
      case 2: await cancelWhenGracefulShutdown { await waitForCancellation() }
      default:
        await withGracefulShutdownHandler {
          for await _ in endless {}
        } onGracefulShutdown: {
          continuation.finish()
        }
      }
      withExtendedLifetime(continuation) {}
      return Task.isShuttingDownGracefully && !Task.isCancelled ? [1] : [0]
    }

    let methods = (0..<4).map { MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "\($0)") }
    var router = RPCRouter()
    router.registerHandler(forMethod: methods[0]) { (_: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: try await wait(0))
    }
    router.registerHandler(forMethod: methods[1]) { (_: StreamingServerRequest<[UInt8]>, _) in
      ServerResponse(message: try await wait(1))
    }
    router.registerHandler(forMethod: methods[2]) { (_: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse(single: ServerResponse(message: try await wait(2)))
    }
    router.registerHandler(forMethod: methods[3]) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        try await writer.write(try await wait(3))
        return [:]
      }
    }
    var configuration = Server.Configuration()
    if !onPollers { configuration.handlerExecutor = .concurrentPool }
    let (service, addresses) = service(Server(router: router, configuration: configuration))
    let group = group(service)
    let run = Task { try await group.run() }
    let channel = try Channel(target: try #require(await addresses.first { _ in true }).description)
    let calls = methods.map { method in Task { try await channel.echo(method: method) } }
    for arrival in arrivals { await arrival.pass() }
    await group.triggerGracefulShutdown()
    for call in calls { #expect(try await call.value == [1]) }
    try await run.value
  }

  @Test("A call that outlasts the grace period is cancelled")
  func gracePeriod() async throws {
    let arrived = Gate()
    let (service, addresses) = service(
      EchoServer.make {
        arrived.open()
        await waitForCancellation()
      },
      gracePeriod: .milliseconds(50)
    )
    let group = group(service)
    let run = Task { try await group.run() }
    let channel = try Channel(target: try #require(await addresses.first { _ in true }).description)
    async let answer = channel.echo()
    await arrived.pass()
    await group.triggerGracefulShutdown()
    try await run.value
    do {
      _ = try await answer
      Issue.record("the call succeeded")
    } catch {
      #expect((error as? RPCError)?.code == .cancelled || (error as? RPCError)?.code == .unavailable)
    }
  }

  @Test("Cancelling the task stops the server immediately, whatever the grace period")
  func cancellation() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    let (service, addresses) = service(
      EchoServer.make {
        arrived.open()
        await waitForCancellation()
        cancelled.open()
      }
    )
    let run = Task { try await service.run() }
    let channel = try Channel(target: try #require(await addresses.first { _ in true }).description)
    let call = Task { try await channel.echo() }
    await arrived.pass()
    run.cancel()
    try await run.value
    await cancelled.pass()
    await #expect(throws: RPCError.self) { try await call.value }
  }

  @Test("A task that is cancelled before it runs leaves nothing running")
  func cancelledBefore() async throws {
    let (service, _) = service(EchoServer.make())
    let proceed = Gate()
    let run = Task {
      await proceed.pass()
      try await service.run()
    }
    run.cancel()
    proceed.open()
    try await run.value
  }

  @Test("An address that cannot be bound is the group's error, and its listeners are released")
  func bindFailure() async throws {
    let other = EchoServer.make()
    let taken = try other.listen(on: Self.loopback)
    let free = ListenAddress.abstractUnixDomainSocket(name: "coregrpc-service-\(UInt64.random(in: 0...UInt64.max))")
    let server = EchoServer.make()
    let group = group(ServerService(server, listeningOn: [free, taken]))
    let error = await #expect(throws: RuntimeError.self) { try await group.run() }
    #expect(error?.code == .transportError)
    #expect(error?.message == "cannot listen on \(taken): Address already in use")
    let next = EchoServer.make()
    #expect(throws: Never.self) { try next.listen(on: free) }
    await next.shutdown()
    await other.shutdown()
    withExtendedLifetime(server) {}
  }
}
