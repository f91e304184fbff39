import CoreGRPC
import Synchronization
import TestSupport
import Testing

@Suite("Shutdown in every order", .timeLimit(.minutes(5)))
struct ShutdownTests {
  @Test("A server that never started shuts down")
  func neverStarted() async throws {
    let server = Server(services: [])
    await server.shutdown()
    #expect(throws: RuntimeError.self) { try server.start() }
  }

  @Test("A server that listens but never started shuts down, and its port is free again")
  func neverStartedWithPort() async throws {
    let server = Server(services: [])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    await server.shutdown()
    try await TestServer(on: address.description).server.shutdown()
  }

  @Test("Shutting down twice, and at the same time, is one shutdown")
  func twice() async throws {
    try await withTestServer { test in
      async let first: Void = test.server.shutdown()
      async let second: Void = test.server.shutdown(gracePeriod: .zero)
      _ = await (first, second)
      await test.server.shutdown()
      await test.server.waitUntilStopped()
    }
  }

  @Test("A call in progress is finished; a new one is refused")
  func graceful() async throws {
    let arrived = Gate()
    let proceed = Gate()
    let test = try TestServer { request, _ in
      arrived.open()
      await proceed.pass()
      return ServerResponse(message: request.message)
    }
    async let inProgress = test.call([5])
    await arrived.pass()
    test.server.beginGracefulShutdown()
    // The listener closes on another thread, and a connection made meanwhile may never be served: the first refusal
    // shows that it is closed.
    var error: RPCError?
    repeat {
      let fresh = try Channel(target: test.address.description)
      error = await rpcError {
        try await fresh.echo(options: CallOptions(timeout: .milliseconds(500)))
      }
    } while error?.code != .unavailable
    proceed.open()
    #expect(try await inProgress.message == [5])
    await test.server.waitUntilStopped()
  }

  @Test("When the grace period is over, calls are cancelled, and so are their handlers")
  func gracePeriodEnds() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    try await withTestServer { request, _ in
      arrived.open()
      await waitForCancellation()
      cancelled.open()
      return ServerResponse(message: request.message)
    } body: { test in
      async let call = rpcError { try await test.call() }
      await arrived.pass()
      await test.server.shutdown(gracePeriod: .milliseconds(50))
      let code = await call?.code
      #expect(code == .cancelled || code == .unavailable)
      await cancelled.pass()
    }
  }

  @Test("A second shutdown shortens the first one's grace period")
  func secondShutdown() async throws {
    let arrived = Gate()
    try await withTestServer { request, _ in
      arrived.open()
      await waitForCancellation()
      return ServerResponse(message: request.message)
    } body: { test in
      async let call = rpcError { try await test.call() }
      await arrived.pass()
      test.server.beginGracefulShutdown(gracePeriod: nil)
      await test.server.shutdown(gracePeriod: .zero)
      #expect(await call != nil)
    }
  }

  @Test("A handler that ignores its cancellation does not keep the server from stopping")
  func stubbornHandler() async throws {
    let arrived = Gate()
    let proceed = Gate()
    let ended = Gate()
    try await withTestServer { request, _ in
      arrived.open()
      await proceed.pass()
      defer { ended.open() }
      return ServerResponse(message: request.message)
    } body: { test in
      async let call = rpcError { try await test.call() }
      await arrived.pass()
      await test.server.shutdown(gracePeriod: .zero)
      #expect(await call != nil)
      proceed.open()
      await ended.pass()
    }
  }

  @Test("A handler that shuts its own server down continues when that has stopped")
  func ownServer() async throws {
    let server = Promise<Server>()
    let goesOn = Gate()
    let test = try TestServer { request, _ in
      await server.value().shutdown(gracePeriod: .zero)
      goesOn.open()
      return ServerResponse(message: request.message)
    }
    server.fulfil(test.server)
    let error = await rpcError { try await test.call() }
    #expect(error != nil)
    await goesOn.pass()
  }

  @Test("A server that has stopped lets its handlers go, even those that hold the server", arguments: [true, false])
  func handlersLetGo(wasStarted: Bool) async throws {
    final class Witness: Sendable {
      let server = Promise<Server>()
      let isGone: Gate

      init(isGone: Gate) { self.isGone = isGone }

      deinit { isGone.open() }
    }

    let isGone = Gate()
    try await {
      let witness = Witness(isGone: isGone)
      var router = RPCRouter()
      router.registerHandler(forMethod: TestServer.echo) { request, _ in
        _ = await witness.server.value()
        return ServerResponse(message: request.message)
      }
      let server = Server(router: router)
      witness.server.fulfil(server)
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      if wasStarted {
        try server.start()
        #expect(try await Channel(target: address.description).echo([6]).message == [6])
      }
      await server.shutdown()
    }()
    await isGone.pass()
  }

  @Test("A server that is released stops by itself")
  func letGo() async throws {
    let arrived = Gate()
    let cancelled = Gate()
    let channel = try await { () async throws in
      let test = try TestServer { request, _ in
        arrived.open()
        await waitForCancellation()
        cancelled.open()
        return ServerResponse(message: request.message)
      }
      let channel = test.channel
      Task { await rpcError { try await channel.echo() } }
      await arrived.pass()
      return channel
    }()
    await cancelled.pass()
    _ = channel
  }

  @Test("A channel that is released with a call in progress finishes the call")
  func channelLetGo() async throws {
    let held = HeldHandler()
    try await withTestServer(handler: held.handler) { (test) async throws in
      let address = test.address.description
      let call = Task { try await Channel(target: address).echo([4]).message }
      await held.arrived.pass()
      held.proceed.open()
      #expect(try await call.value == [4])
    }
  }

  @Test("A shutdown under load loses no accepted call", arguments: 0..<5)
  func underLoad(round: Int) async throws {
    let accepted = Atomic(0)
    let reached = Gate()
    try await withTestServer { request, _ in
      if accepted.add(1, ordering: .relaxed).newValue == 500 { reached.open() }
      await Task.yield()
      return ServerResponse(message: request.message)
    } body: { test in
      let outcomes = Task {
        await withTaskGroup(of: (answered: Int, errors: [RPCError]).self) { group in
          for _ in 0..<64 {
            group.addTask {
              var answered = 0
              while true {
                let error = await rpcError { try await test.channel.echo() }
                if let error { return (answered, [error]) }
                answered += 1
              }
            }
          }
          return await group.reduce(into: (answered: 0, errors: [RPCError]())) { sum, one in
            sum.answered += one.answered
            sum.errors += one.errors
          }
        }
      }
      await reached.pass()
      await test.server.shutdown()
      let (answered, errors) = await outcomes.value
      #expect(answered == accepted.load(ordering: .relaxed))
      #expect(errors.allSatisfy { $0.code == .unavailable }, "\(Set(errors.map(\.description)))")
    }
  }

  @Test("Calls of a client that has not answered the GOAWAY are served as long as they come")
  func unansweredGoAway() async throws {
    try await withTestServer { test in
      let client = RawConnection(toPort: Int(test.address.port ?? 0), answersPings: false)
      var stream: UInt32 = 1
      func isServed() async -> Bool {
        defer { stream += 2 }
        client.send(
          .request(stream: stream, path: "/\(TestServer.echo)"),
          .data(HTTP2Frame.message([1]), stream: stream, flags: HTTP2Frame.endsStream)
        )
        let end = await client.frame { $0.stream == stream && $0.isEnd }
        return end?.kind == .headers && client.frames(of: stream).contains { $0.kind == .data }
      }
      #expect(await isServed())
      test.server.beginGracefulShutdown()
      await client.frame { $0.kind == .goAway }
      // Longer than a server waits for a client that makes no calls.
      let end = ContinuousClock.now + .milliseconds(2_500)
      while ContinuousClock.now < end { try #require(await isServed()) }
      client.close()
      await test.server.shutdown()
    }
  }

  @Test("Two servers that are restarted one after the other under load lose no call that is retried when UNAVAILABLE")
  func rollingRestart() async throws {
    struct Running {
      let server: Server
      let address: ListenAddress
      /// Opened when it has served calls of all channels.
      let servesAll: Gate
    }

    let channelCount = 4
    func start(on address: ListenAddress) throws -> Running {
      let servesAll = Gate()
      let peers = Peers()
      var router = RPCRouter()
      router.registerHandler(forMethod: TestServer.echo) { request, context in
        if peers.add(context.remotePeer) == channelCount { servesAll.open() }
        await Task.yield()
        return ServerResponse(message: request.message)
      }
      let server = Server(router: router)
      let bound = try server.listen(on: address)
      try server.start()
      return Running(server: server, address: bound, servesAll: servesAll)
    }

    var servers = try (0..<2).map { _ in try start(on: .tcp(host: "127.0.0.1", port: 0)) }
    let target = "ipv4:" + servers.map(\.address.description).joined(separator: ",")
    let channels = try (0..<channelCount).map { number in
      var configuration = Channel.Configuration()
      let retries = RetryPolicy(maxAttempts: 5, initialBackoff: .milliseconds(10), retryableStatusCodes: [.unavailable])
      configuration.serviceConfig = ServiceConfig(
        methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)],
        loadBalancingConfig: [.roundRobin]
      )
      configuration.backoff = .init(initial: .milliseconds(20), max: .milliseconds(100))
      // C-core shares the connections of channels that do not differ.
      configuration.additionalArguments = ["test.number": .integer(Int32(number))]
      return try Channel(target: target, configuration: configuration)
    }
    let ends = Counter(), failures = Counter(), firstFailure = Promise<RPCError>()
    let load = Task {
      await withTaskGroup(of: Void.self) { group in
        for channel in channels + channels + channels + channels {
          group.addTask {
            while ends.value == 0 {
              let error = await rpcError { try await channel.echo() }
              if let error {
                failures.add()
                firstFailure.fulfil(error)
              }
            }
          }
        }
      }
    }
    for restart in 0..<6 {
      // All channels are connected to both.
      for server in servers { await server.servesAll.pass() }
      let index = restart % 2
      await servers[index].server.shutdown(gracePeriod: .seconds(30))
      servers[index] = try start(on: servers[index].address)
    }
    ends.add()
    await load.value
    #expect(failures.value == 0, "\(firstFailure.current?.description ?? "")")
    for server in servers { await server.server.shutdown(gracePeriod: .zero) }
  }

  @Test("Servers and channels come and go many times")
  func manyServers() async throws {
    for _ in 0..<50 {
      try await withTestServer { (test) async throws in
        #expect(try await test.call().message == [1, 2, 3])
        await test.server.shutdown(gracePeriod: .zero)
      }
    }
  }
}

/// The addresses of a server's clients.
private final class Peers: Sendable {
  private let peers = Locked<Set<String>>([])

  /// - Returns: How many there are.
  func add(_ peer: String) -> Int {
    peers.withLock { peers in
      peers.insert(peer)
      return peers.count
    }
  }
}
