import Dispatch
import TestSupport
import Testing

@testable import CoreGRPC
@testable import CoreGRPCServices

@Suite("The health of a busy server", .timeLimit(.minutes(2)))
struct HealthUnderLoadTests {
  @Test("A server that is full answers, and the health service's calls do not count with the others")
  func full() async throws {
    let (arrived, goOn) = (Gate(), Gate())
    let bytes = ByteService { request, _ in
      arrived.open()
      await goOn.pass()
      return ServerResponse(message: request.message)
    }
    var configuration = Server.Configuration()
    configuration.maxConcurrentCalls = 1
    try await withHealthServer(configuration: configuration, bytes: bytes) { (test) async throws in
      try await test.watch { (statuses) async throws in
        #expect(try await statuses.next() == .serving)
        async let first = test.channel.send()
        await arrived.pass()
        let error = await rpcError { try await test.channel.send() }
        #expect(error?.code == .resourceExhausted)
        #expect(error?.message == "too many concurrent calls (limit 1)")
        #expect(try await test.check() == .serving)
        #expect(try await test.list() == ["": .serving])
        try await test.watch("a") { (other) async throws in #expect(try await other.next() == .serviceUnknown) }
        test.health.provider.updateStatus(.notServing, forService: "")
        #expect(try await statuses.next() == .notServing)
        goOn.open()
        #expect(try await first == [1])
      }
    }
  }

  @Test("Watches have a bound of their own, over which a server still answers checks")
  func bound() async throws {
    let ended = Gate()
    try await withHealthServer(
      health: HealthService(maxConcurrentCalls: 2),
      interceptors: [EndOfCalls(ended: ended)]
    ) { (test) async throws in
      try await test.watch { (first) async throws in
        #expect(try await first.next() == .serving)
        try await test.watch { (second) async throws in
          #expect(try await second.next() == .serving)
          let error = await rpcError { try await test.watch { try await $0.next() } }
          #expect(error?.code == .resourceExhausted)
          #expect(error?.message == "too many concurrent calls of grpc.health.v1.Health/Watch (limit 2)")
          #expect(try await test.check() == .serving)
          #expect(try await test.channel.send() == [1])
        }
      }
      await ended.pass()
      // The refused call and those that have ended do not count.
      var code: RPCError.Code? = .resourceExhausted
      while code == .resourceExhausted { code = await rpcError { try await test.watch { try await $0.next() } }?.code }
      #expect(code == nil)
    }
  }

  @Test("A server with a policy tells no caller of a method's bound")
  func boundWithPolicy() async throws {
    var configuration = Server.Configuration()
    let json = #"{"name": "n", "allow_rules": [{"name": "a"}]}"#
    configuration.authorizationPolicy = try AuthorizationPolicyProvider(AuthorizationPolicy(json: json))
    try await withHealthServer(
      health: HealthService(maxConcurrentCalls: 1),
      configuration: configuration
    ) { (test) async throws in
      try await test.watch { (first) async throws in
        #expect(try await first.next() == .serving)
        let error = await rpcError { try await test.watch { try await $0.next() } }
        #expect(error?.code == .resourceExhausted && error?.message == "too many concurrent calls")
      }
    }
  }

  @Test("A server whose handlers block their threads, and wait for more, answers")
  func blocked() async throws {
    let (arrived, blocked) = (Counter(), Gate())
    let release = DispatchSemaphore(value: 0)
    let bytes = ByteService { request, _ in
      if arrived.add() == 4 { blocked.open() }
      release.wait()
      return ServerResponse(message: request.message)
    }
    var configuration = Server.Configuration()
    configuration.maxHandlerThreads = 8
    try await withHealthServer(configuration: configuration, bytes: bytes) { (test) async throws in
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<20 { group.addTask { _ = try await test.channel.send() } }
        await blocked.pass()
        #expect(try await test.check() == .serving)
        try await test.watch { (statuses) async throws in
          #expect(try await statuses.next() == .serving)
          test.health.provider.updateStatus(.notServing, forService: "")
          #expect(try await statuses.next() == .notServing)
        }
        for _ in 0..<20 { release.signal() }
        try await group.waitForAll()
      }
    }
  }

  @Test("A server whose executor of handlers runs nothing answers, and tells watches of its shutdown")
  func heldExecutor() async throws {
    let executor = HeldExecutor()
    var configuration = Server.Configuration()
    configuration.handlerExecutor = .custom(executor)
    try await withHealthServer(configuration: configuration) { (test) async throws in
      async let held = test.channel.send()
      await executor.hasJob.pass()
      #expect(try await test.check() == .serving)
      let error = await rpcError {
        try await test.watch { (statuses) async throws in
          #expect(try await statuses.next() == .serving)
          test.server.beginGracefulShutdown()
          #expect(try await statuses.next() == .notServing)
          #expect(try await statuses.next() == nil)
        }
      }
      #expect(error?.code == .unavailable)
      executor.release()
      #expect(try await held == [1])
    }
  }

  @Test("The methods stay on the polling threads, unless an interceptor, which is the program's, applies to them")
  func routes() throws {
    var router = RPCRouter()
    HealthService().registerMethods(with: &router)
    ByteService().registerMethods(with: &router)
    let health: Set = [HealthService.descriptor]
    for (isIntercepted, subject) in [
      (false, ConditionalInterceptor<any ServerInterceptor>.Subject.allExcluding(services: health, methods: [])),
      (true, .services(health)),
    ] {
      for route in router.routes(interceptors: [.apply(EndOfCalls(ended: Gate()), to: subject)]) {
        let isHealth = route.descriptor.service == HealthService.descriptor
        #expect(route.staysOnPollers == (isHealth && !isIntercepted))
        #expect((route.essential != nil) == isHealth)
      }
    }
  }
}
