import TestSupport
import Testing

@testable import CoreGRPC

private typealias Kind = MethodDescriptor.RPCType

@Suite("Observers of calls", .timeLimit(.minutes(5)))
struct CallObserverTests {
  private struct Failure: Error {}

  private struct FailingSerializer: MessageSerializer {
    func serialize(_ message: [UInt8]) throws -> MessageBuffer { throw Failure() }
  }

  private struct FailingDeserializer: MessageDeserializer {
    func deserialize(_ bytes: RawSpan) throws -> [UInt8] { throw Failure() }
  }

  private struct Forwarding: ClientInterceptor, ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> { try await next(request, context) }

    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingServerRequest<Input>,
      context: ServerContext,
      next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> { try await next(request, context) }
  }

  private let server = CallRecorder()
  private let client = CallRecorder()

  private func run(
    _ router: RPCRouter = KindsOfCall.router(),
    intercepts: Bool = false,
    _ change: (inout Server.Configuration) -> Void = { _ in },
    test: (Server, Channel) async throws -> Void
  ) async throws {
    var serverConfiguration = Server.Configuration()
    serverConfiguration.callObservers = [server]
    change(&serverConfiguration)
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.callObservers = [client]
    try await KindsOfCall.run(
      router,
      server: serverConfiguration,
      serverInterceptors: intercepts ? [Forwarding()] : [],
      channel: channelConfiguration,
      clientInterceptors: intercepts ? [Forwarding()] : [],
      test
    )
    #expect(server.started == server.ended.count)
    #expect(client.started == client.ended.count)
  }

  @Test("Both ends see a call", arguments: Kind.allCases, [false, true])
  private func success(_ kind: Kind, intercepts: Bool) async throws {
    var target = ""
    try await run(intercepts: intercepts) { _, channel in
      target = channel.target
      try await channel.call(kind)
    }
    let path = "/test.Kinds/\(kind)"
    let atServer = try #require(server.ended.first), atClient = try #require(client.ended.first)
    #expect(server.ended.count == 1 && client.ended.count == 1)
    #expect(atServer.path == path && atClient.path == path)
    #expect(atServer.method == KindsOfCall.method(kind))
    #expect(atServer.code == .ok && atClient.code == .ok)
    #expect(atServer.refusal == nil)
    #expect(atServer.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
    #expect(atClient.remotePeer == target || atClient.remotePeer == "ipv4:\(target)")
    #expect(atClient.target == ChannelTarget.complete(target))
    #expect(atClient.attempts == 1)
    #expect(atServer.duration > .zero && atClient.duration > .zero)
    let sent = kind.isRequestStreaming ? 2 : 1, received = kind.isResponseStreaming ? 2 : 1
    let traffic = CallTraffic(sentMessages: sent, sentBytes: 2, receivedMessages: received, receivedBytes: 3)
    #expect(atClient.traffic == traffic)
    let mirrored = CallTraffic(sentMessages: received, sentBytes: 3, receivedMessages: sent, receivedBytes: 2)
    #expect(atServer.traffic == mirrored)
  }

  @Test("A server asks once for each method, and a channel for each that it calls")
  func methods() async throws {
    try await run { _, channel in
      for _ in 0..<2 { for kind in Kind.allCases { try await channel.call(kind) } }
      var plain = KindsOfCall.method(.unary)
      plain.type = nil
      _ = try await channel.unary(request: ClientRequest(message: []), descriptor: plain)
    }
    for recorder in [server, client] {
      #expect(recorder.methods.count == 5)
      #expect(Set(recorder.methods) == Set(Kind.allCases.map(KindsOfCall.method) + [nil]))
    }
    #expect(server.ended.allSatisfy { $0.method != nil } && server.ended.count == 9)
  }

  @Test("Calls that no handler gets are seen with their reasons")
  func refusals() async throws {
    let began = Gate(), proceed = Gate()
    var router = KindsOfCall.router { _ in
      began.open()
      await proceed.pass()
    }
    let unreadable = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "Unreadable", type: .unary)
    router.registerHandler(
      forMethod: unreadable,
      deserializer: FailingDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
    )
    try await run(router) {
      $0.maxConcurrentCalls = 1
      $0.maxRequestMetadataBytes = 2_000
    } test: { _, channel in
      let request = ClientRequest<[UInt8]>(message: [])
      _ = await rpcError { try await channel.unary(request: request, descriptor: KindsOfCall.unknown) }
      _ = await rpcError { try await channel.unary(request: request, descriptor: unreadable) }
      _ = await rpcError {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest<[UInt8]> { _ in },
          descriptor: KindsOfCall.method(.unary)
        ) { response in
          for try await _ in response.messages {}
        }
      }
      let large = ClientRequest<[UInt8]>(message: [], metadata: ["x": .string(String(repeating: "x", count: 3_000))])
      _ = await rpcError { try await channel.unary(request: large, descriptor: KindsOfCall.method(.unary)) }
      let first = Task { await rpcError { try await channel.call(.unary) } }
      await began.pass()
      _ = await rpcError { try await channel.call(.serverStreaming) }
      proceed.open()
      #expect(await first.value == nil)
    }
    let reasons = server.ended.compactMap { call in call.refusal.map { "\($0): \(call.path) \(call.code)" } }
    #expect(
      Set(reasons) == [
        "unknown method: /test.Kinds/Unknown UNIMPLEMENTED",
        "undecodable request: /test.Kinds/Unreadable INTERNAL",
        "missing request message: /test.Kinds/unary UNIMPLEMENTED",
        "metadata too large: /test.Kinds/unary RESOURCE_EXHAUSTED",
        "too many calls: /test.Kinds/serverStreaming RESOURCE_EXHAUSTED",
      ]
    )
    #expect(server.ended.first { $0.path == "/test.Kinds/Unknown" }?.method == nil)
    #expect(server.ended.allSatisfy { $0.remotePeer.hasPrefix("ipv4:127.0.0.1:") })
  }

  @Test("The client's metadata can be read")
  func metadata() async throws {
    try await run { _, channel in
      let request = ClientRequest<[UInt8]>(message: [], metadata: ["x-tenant": "a"])
      _ = try await channel.unary(request: request, descriptor: KindsOfCall.method(.unary))
    }
    #expect(server.ended.first?.metadata[stringValues: "x-tenant"] == ["a"])
  }

  @Test("A failure of the program's own code on a client ends the call with its code", arguments: [false, true])
  func ownFailures(intercepts: Bool) async throws {
    try await run(intercepts: intercepts) { _, channel in
      let method = KindsOfCall.method(.unary)
      let request = ClientRequest<[UInt8]>(message: [0, 0])
      _ = await rpcError {
        try await channel.unary(
          request: request,
          descriptor: method,
          serializer: FailingSerializer(),
          deserializer: IdentityDeserializer()
        )
      }
      _ = await rpcError {
        try await channel.unary(
          request: request,
          descriptor: method,
          serializer: IdentitySerializer(),
          deserializer: FailingDeserializer()
        )
      }
      var options = CallOptions.defaults
      options.maxResponseMessageBytes = 1
      _ = await rpcError { try await channel.unary(request: request, descriptor: method, options: options) }
      options = .defaults
      options.maxRequestMessageBytes = 1
      _ = await rpcError { try await channel.unary(request: request, descriptor: method, options: options) }
    }
    #expect(client.ended.map(\.code) == [.internalError, .internalError, .resourceExhausted, .resourceExhausted])
  }

  @Test("A failure of the program's own code in a stream ends the call with its code")
  func ownFailuresInStream() async throws {
    try await run { _, channel in
      let method = KindsOfCall.method(.bidirectionalStreaming)
      _ = await rpcError {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest<[UInt8]> { writer in
            try await writer.write([1])
            throw RPCError(code: .dataLoss, message: "nothing more")
          },
          descriptor: method
        ) { response in
          for try await _ in response.messages {}
        }
      }
      _ = await rpcError {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest<[UInt8]> { writer in try await writer.write([1]) },
          descriptor: method,
          serializer: IdentitySerializer(),
          deserializer: FailingDeserializer()
        ) { response in
          for try await _ in response.messages {}
        }
      }
      // The call itself succeeds: what the program makes of it is not the call's.
      await #expect(throws: Failure.self) {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest<[UInt8]> { writer in try await writer.write([1]) },
          descriptor: method
        ) { response in
          for try await _ in response.messages {}
          throw Failure()
        }
      }
    }
    #expect(client.ended.map(\.code) == [.dataLoss, .internalError, .ok])
  }

  /// Refuses a response that has come.
  private struct Refusing: ClientInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
      _ = try await next(request, context)
      throw RPCError(code: .permissionDenied, message: "refused")
    }
  }

  @Test("A call that an interceptor fails ends with its code, whatever the server's", arguments: Kind.allCases)
  private func interceptorFailure(_ kind: Kind) async throws {
    var configuration = Channel.Configuration()
    configuration.callObservers = [client]
    try await KindsOfCall.run(channel: configuration, clientInterceptors: [Refusing()]) { _, channel in
      let error = await rpcError { try await channel.call(kind) }
      #expect(error?.code == .permissionDenied)
    }
    #expect(client.ended.map(\.code) == [.permissionDenied])
  }

  @Test("Attempts are not known where C-core may make them")
  func unknownAttempts() async throws {
    var configuration = Channel.Configuration()
    configuration.callObservers = [client]
    configuration.allowsRetries = true
    try await KindsOfCall.run { server, _ in
      let channel = try Channel(target: server.listeningAddresses[0].description, configuration: configuration)
      for kind in Kind.allCases { try await channel.call(kind) }
    }
    #expect(client.ended.map(\.attempts) == [nil, nil, nil, nil])
  }

  @Test("A channel of this process is observed, too")
  func inProcess() async throws {
    var configuration = Server.Configuration()
    configuration.callObservers = [server]
    let local = Server(router: KindsOfCall.router(), configuration: configuration)
    try await withShutdown(of: local) {
      var configuration = Channel.Configuration()
      configuration.callObservers = [client]
      let channel = try local.makeInProcessChannel(configuration: configuration)
      for kind in Kind.allCases { try await channel.call(kind) }
    }
    #expect(server.ended.map(\.code) == [.ok, .ok, .ok, .ok])
    #expect(client.ended.map(\.target) == Array(repeating: "in-process", count: 4))
  }

  @Test("Each call begins and ends once, however calls, cancellations, deadlines and a shutdown meet")
  func races() async throws {
    let router = KindsOfCall.router { context in
      if context.descriptor.type == .unary { await waitForCancellation() } else { await Task.yield() }
    }
    try await run(router, intercepts: true) { server, channel in
      await withTaskGroup(of: Void.self) { group in
        for index in 0..<400 {
          group.addTask {
            let kind = Kind.allCases[index % 4]
            var options = CallOptions.defaults
            options.timeout = .milliseconds(index % 3 == 0 ? 5 + index % 50 : 2_000)
            let call = Task { [options] in await rpcError { try await channel.call(kind, options: options) } }
            for _ in 0..<(index % 7) { await Task.yield() }
            if index % 5 < 3 { call.cancel() }
            if index == 300 { await server.shutdown(gracePeriod: .zero) }
            _ = await call.value
          }
        }
      }
    }
    #expect(client.ended.count == 400)
  }
}
