import Synchronization
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Effects of service configs", .timeLimit(.minutes(5)))
struct ServiceConfigEffectTests {
  private func channelConfiguration(_ config: ServiceConfig) -> Channel.Configuration {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = config
    return configuration
  }

  private let retries = RetryPolicy(
    maxAttempts: 4,
    initialBackoff: .milliseconds(1),
    maxBackoff: .milliseconds(2),
    retryableStatusCodes: [.unavailable]
  )

  @Test(
    "A timeout ends calls and is not shorter than it says; the shorter one of config and call counts",
    arguments: [false, true]
  )
  func timeout(isJSON: Bool) async throws {
    let config =
      isJSON
      ? ServiceConfig(json: #"{"methodConfig":[{"name":[{}],"timeout":"0.9s"}]}"#)
      : ServiceConfig(methodConfig: [MethodConfig(names: [.all], timeout: .milliseconds(900))])
    let remaining = Mutex<[Duration]>([])
    try await withTestServer(channelConfiguration: channelConfiguration(config)) { request, context in
      if let deadline = context.deadline { remaining.withLock { $0.append(deadline - .now) } }
      if request.message.isEmpty { await waitForCancellation() }
      return ServerResponse(message: request.message)
    } body: { test in
      let began = ContinuousClock.now
      let error = await #expect(throws: RPCError.self) { try await test.call([]) }
      #expect(error?.code == .deadlineExceeded)
      #expect(ContinuousClock.now - began >= .milliseconds(890))
      let short = await #expect(throws: RPCError.self) {
        try await test.call([], options: CallOptions(timeout: .milliseconds(50)))
      }
      #expect(short?.code == .deadlineExceeded)
      _ = await rpcError {
        try await test.call([1], options: CallOptions(timeout: .seconds(600)))
      }
      #expect(remaining.withLock { $0.allSatisfy { $0 < .milliseconds(1_000) } })
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("The settings with the closest name count, timeouts included")
  func closestName() async throws {
    let config = ServiceConfig(methodConfig: [
      MethodConfig(names: [.all], timeout: .seconds(100)),
      MethodConfig(names: [.service("test.Test")], timeout: .seconds(200)),
      MethodConfig(names: [.method(TestServer.echo)]),
    ])
    try await withStreamServer { _, context in
      let remaining = context.deadline.map { $0 - .now } ?? .zero
      return StreamingServerResponse { writer in
        try await writer.write([remaining > .seconds(100) ? 1 : 0])
        return [:]
      }
    } body: { server in
      let channel = try Channel(target: server.address.description, configuration: channelConfiguration(config))
      let answer = try await channel.bidirectionalStreaming(
        request: StreamingClientRequest<[UInt8]> { _ in },
        descriptor: StreamServer.bidirectional
      ) { response in try await response.messages.reduce(into: []) { $0 += $1 } }
      #expect(answer == [1])
      await server.server.shutdown()

      try await withTestServer(channelConfiguration: channelConfiguration(config)) { _, context in
        ServerResponse(message: [context.deadline == nil ? 0 : 1])
      } body: { unary in
        let answerOfUnary = try await unary.call().message
        #expect(answerOfUnary == [0])
      }
    }
  }

  @Test("Wait-for-ready makes calls wait, unless a call does not want to")
  func waitForReady() async throws {
    let config = ServiceConfig(methodConfig: [MethodConfig(names: [.service("test.Test")], waitForReady: true)])
    let channel = try Channel(target: "127.0.0.1:1", configuration: channelConfiguration(config))
    let waiting = await #expect(throws: RPCError.self) {
      try await channel.echo(options: CallOptions(timeout: .milliseconds(100)))
    }
    #expect(waiting?.code == .deadlineExceeded)
    let failing = await #expect(throws: RPCError.self) {
      try await channel.echo(options: CallOptions(timeout: .seconds(30), waitForReady: false))
    }
    #expect(failing?.code == .unavailable)
  }

  @Test("The sizes of requests and responses are limited method by method")
  func sizes() async throws {
    let config = ServiceConfig(methodConfig: [
      MethodConfig(names: [.method(TestServer.echo)], maxRequestMessageBytes: 4, maxResponseMessageBytes: 2)
    ])
    let answered = Atomic(0)
    try await withTestServer(channelConfiguration: channelConfiguration(config)) { request, _ in
      answered.add(1, ordering: .relaxed)
      return ServerResponse(message: request.message)
    } body: { test in
      for (size, code, handled) in [(2, nil, 1), (3, .resourceExhausted, 2), (5, .resourceExhausted, 2)]
        as [(Int, RPCError.Code?, Int)]
      {
        let error = await rpcError {
          try await test.call([UInt8](repeating: 1, count: size))
        }
        #expect(error?.code == code)
        #expect(answered.load(ordering: .relaxed) == handled)
      }
    }
  }

  @Test("A call that fails is made again, and the server learns how often before; switched off, it is not")
  func retry() async throws {
    let config = ServiceConfig(methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)])
    let attempts = Atomic(0)
    let previous = Mutex<[[String]]>([])
    let handler: TestServer.Handler = { request, _ in
      previous.withLock { $0.append(request.metadata[stringValues: "grpc-previous-rpc-attempts"]) }
      if attempts.add(1, ordering: .relaxed).newValue < 4 { throw RPCError(code: .unavailable, message: "later") }
      return ServerResponse(message: request.message)
    }
    var configuration = channelConfiguration(config)
    try await withTestServer(channelConfiguration: configuration, handler: handler) { test in
      let message = try await test.call([5]).message
      #expect(message == [5])
      #expect(previous.withLock { $0 } == [[], ["1"], ["2"], ["3"]])

      attempts.store(0, ordering: .relaxed)
      configuration.allowsRetries = false
      let channel = try Channel(target: test.address.description, configuration: configuration)
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unavailable)
      #expect(attempts.load(ordering: .relaxed) == 1)
    }
  }

  @Test("A call is made again immediately when the server asks for that")
  func retryAtOnce() async throws {
    let config = ServiceConfig(methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)])
    let attempts = Atomic(0)
    try await withTestServer(channelConfiguration: channelConfiguration(config)) { request, _ in
      if attempts.add(1, ordering: .relaxed).newValue < 4 {
        throw RPCError(code: .unavailable, message: "now", metadata: ["grpc-retry-pushback-ms": "0"])
      }
      return ServerResponse(message: request.message)
    } body: { test in
      let makesThem = EngineCapabilities.current.makesImmediateRetries
      let error = await rpcError {
        try await test.call(options: makesThem ? .defaults : CallOptions(timeout: .milliseconds(100)))
      }
      withKnownIssue("gRPC 1.85 takes a retry whose timer fires at once for one that was cancelled") {
        #expect(error == nil)
        #expect(attempts.load(ordering: .relaxed) == 4)
      } when: {
        !makesThem
      }
    }
  }

  @Test("A stream is made again, too")
  func retryStream() async throws {
    let attempts = Atomic(0)
    try await withStreamServer { request, _ in
      if attempts.add(1, ordering: .relaxed).newValue < 3 { throw RPCError(code: .unavailable, message: "later") }
      return StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message) }
        return [:]
      }
    } body: { test in
      let config = ServiceConfig(methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)])
      let channel = try Channel(target: test.address.description, configuration: channelConfiguration(config))
      let messages = try await channel.bidirectionalStreaming(
        request: StreamingClientRequest<[UInt8]> { writer in try await writer.write(contentsOf: [[1], [2]]) },
        descriptor: StreamServer.bidirectional
      ) { response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(messages == [[1], [2]])
      #expect(attempts.load(ordering: .relaxed) == 3)
    }
  }

  @Test("A throttle stops the retrying when half of its tokens are used up")
  func throttling() async throws {
    let config = ServiceConfig(
      methodConfig: [MethodConfig(names: [.all], retryPolicy: retries)],
      retryThrottling: RetryThrottling(maxTokens: 4, tokenRatio: 0.1)
    )
    let attempts = Atomic(0)
    try await withTestServer(channelConfiguration: channelConfiguration(config)) { _, _ in
      attempts.add(1, ordering: .relaxed)
      throw RPCError(code: .unavailable, message: "never")
    } body: { test in
      for total in [2, 3, 4] {
        let error = await #expect(throws: RPCError.self) { try await test.call() }
        #expect(error?.code == .unavailable)
        #expect(attempts.load(ordering: .relaxed) == total)
      }
    }
  }

  @Test("Round robin spreads the calls over all addresses, pick first does not")
  func loadBalancing() async throws {
    let servers = try (0..<2).map { index in try TestServer { _, _ in ServerResponse(message: [UInt8(index)]) } }
    let target = "ipv4:" + servers.map(\.address.description).joined(separator: ",")
    for policy in [LoadBalancingConfig.roundRobin, .custom("round_robin")] {
      let config = ServiceConfig(loadBalancingConfig: [.custom("no_such_policy"), policy])
      let channel = try Channel(target: target, configuration: channelConfiguration(config))
      var seen: Set<[UInt8]> = []
      while seen.count < 2 { seen.insert(try await channel.echo().message) }
    }
    let config = ServiceConfig(loadBalancingConfig: [.pickFirst])
    let channel = try Channel(target: target, configuration: channelConfiguration(config))
    var seen: Set<[UInt8]> = []
    for _ in 0..<20 { seen.insert(try await channel.echo().message) }
    #expect(seen.count == 1)
    for test in servers { await test.server.shutdown() }
  }

  @Test("A server that says it is not healthy gets no calls", arguments: [true, false])
  func health(isHealthy: Bool) async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: request.message)
    }
    router.registerHandler(forMethod: MethodDescriptor(fullyQualifiedService: "grpc.health.v1.Health", method: "Watch"))
    { (request: ServerRequest<[UInt8]>, _) in
      // Field 1 of the request is the service's name, field 1 of the response its status.
      #expect(request.message == [0x0A, 0x01] + Array("s".utf8))
      return StreamingServerResponse<[UInt8]> { writer in
        try await writer.write([0x08, isHealthy ? 1 : 2])
        await waitForCancellation()
        return [:]
      }
    }
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let config = ServiceConfig(
      loadBalancingConfig: [.roundRobin],
      healthCheckConfig: HealthCheckConfig(serviceName: "s")
    )
    let channel = try Channel(target: address.description, configuration: channelConfiguration(config))
    let error = await rpcError { try await channel.echo() }
    #expect(error?.code == (isHealthy ? nil : .unavailable))
    channel.close()
    await server.shutdown(gracePeriod: .zero)
  }

  @Test(
    "Raw JSON works, and JSON that C-core cannot read is refused",
    arguments: ["", "{", "[]", #"{"methodConfig":1}"#]
  )
  func raw(broken: String) async throws {
    let config = ServiceConfig(json: #"{"methodConfig":[{"name":[{}],"maxRequestMessageBytes":2}]}"#)
    try await withTestServer(channelConfiguration: channelConfiguration(config)) { test in
      let error = await #expect(throws: RPCError.self) { try await test.call([1, 2, 3]) }
      #expect(error?.code == .resourceExhausted)
    }
    let refused = #expect(throws: RuntimeError.self) {
      try Channel(target: "127.0.0.1:1", configuration: channelConfiguration(ServiceConfig(json: broken)))
    }
    #expect(refused?.code == .invalidArgument)
    #expect(refused?.message.contains("JSON") == true || refused?.message.contains("service config") == true)
  }
}
