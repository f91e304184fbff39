import CoreGRPC
import CoreGRPCTracing
import InMemoryTracing
import TestSupport
import Testing
import Tracing

private typealias Kind = MethodDescriptor.RPCType

@Suite("Spans of calls", .timeLimit(.minutes(5)))
struct CallTracingTests {
  private let tracer = InMemoryTracer()

  /// Runs a server and a channel whose calls are traced.
  private func run(
    _ router: RPCRouter = KindsOfCall.router(),
    requestMetadataKeys: Set<String> = [],
    responseMetadataKeys: Set<String> = [],
    moreOfClient: [any ClientInterceptor] = [],
    _ test: (Server, Channel) async throws -> Void
  ) async throws {
    let server = TracingServerInterceptor(
      tracer: tracer,
      requestMetadataKeys: requestMetadataKeys,
      responseMetadataKeys: responseMetadataKeys
    )
    let client = TracingClientInterceptor(
      tracer: tracer,
      requestMetadataKeys: requestMetadataKeys,
      responseMetadataKeys: responseMetadataKeys
    )
    try await KindsOfCall.run(
      router,
      serverInterceptors: [server],
      clientInterceptors: [client] + moreOfClient,
      test
    )
  }

  /// Checks that one span of each end is over, and returns them.
  private func spans(_ kind: Kind) throws -> (server: FinishedInMemorySpan, client: FinishedInMemorySpan) {
    #expect(tracer.activeSpans.isEmpty)
    let spans = tracer.finishedSpans.filter { $0.kind != .internal }
    #expect(spans.count == 2)
    #expect(spans.allSatisfy { $0.operationName == "test.Kinds/\(kind)" })
    return (
      try #require(spans.first { $0.kind == .server }),
      try #require(spans.first { $0.kind == .client })
    )
  }

  private func attribute(_ name: String, _ span: FinishedInMemorySpan) -> SpanAttribute? {
    span.attributes.get(name)
  }

  /// Checks the statuses of the spans of one call.
  private func check(
    _ kind: Kind,
    _ code: String,
    isServersFailure: Bool,
    server serverCode: String? = nil
  ) throws {
    let (server, client) = try spans(kind)
    #expect(attribute("rpc.status_code", server) == .string(serverCode ?? code))
    #expect(attribute("rpc.status_code", client) == .string(code))
    #expect(attribute("error.type", client) == (code == "OK" ? nil : .string(code)))
    #expect(attribute("error.type", server) == (isServersFailure ? .string(serverCode ?? code) : nil))
    #expect(server.status?.code == (isServersFailure ? .error : nil))
    #expect(client.status?.code == (code == "OK" ? nil : .error))
  }

  @Test("A call that succeeds", arguments: Kind.allCases)
  private func success(_ kind: Kind) async throws {
    let tracer = tracer
    let router = KindsOfCall.router { _ in tracer.withSpan("inner") { _ in } }
    let target = try await KindsOfCall.run(
      router,
      serverInterceptors: [TracingServerInterceptor(tracer: tracer)],
      clientInterceptors: [TracingClientInterceptor(tracer: tracer)]
    ) { _, channel in
      try await tracer.withSpan("outer") { _ in try await channel.call(kind) }
      return channel.target
    }
    let all = tracer.finishedSpans
    let server = try #require(all.first { $0.kind == .server })
    let client = try #require(all.first { $0.kind == .client })
    #expect(all.count == 4 && tracer.activeSpans.isEmpty)
    // One trace, from the caller's span to that of the handler.
    #expect(Set(all.map(\.traceID)).count == 1)
    #expect(client.parentSpanID == all.first { $0.operationName == "outer" }?.spanID)
    #expect(server.parentSpanID == client.spanID)
    #expect(all.first { $0.operationName == "inner" }?.parentSpanID == server.spanID)
    for span in [server, client] {
      #expect(span.operationName == "test.Kinds/\(kind)")
      #expect(attribute("rpc.system.name", span) == .string("grpc"))
      #expect(attribute("rpc.method", span) == .string("test.Kinds/\(kind)"))
      #expect(attribute("rpc.status_code", span) == .string("OK"))
      #expect(attribute("network.peer.address", span) == .string("127.0.0.1"))
      #expect(span.status == nil)
    }
    let port = try #require(Int64(target.split(separator: ":").last ?? ""))
    #expect(attribute("server.address", client) == .string("127.0.0.1"))
    #expect(attribute("server.port", client) == .int64(port))
    #expect(attribute("network.peer.port", client) == .int64(port))
    #expect(attribute("network.peer.port", server) != nil)
  }

  @Test("The response's producer runs in the context of the span")
  func producer() async throws {
    let tracer = tracer
    var router = RPCRouter()
    router.registerHandler(forMethod: KindsOfCall.method(.serverStreaming)) { (_: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { writer in
        try await tracer.withSpan("producer") { _ in try await writer.write([1]) }
        return [:]
      }
    }
    try await run(router) { _, channel in try await channel.call(.serverStreaming) }
    let (server, _) = try spans(.serverStreaming)
    #expect(tracer.finishedSpans.first { $0.operationName == "producer" }?.parentSpanID == server.spanID)
  }

  @Test("A call whose handler throws", arguments: Kind.allCases)
  private func failure(_ kind: Kind) async throws {
    struct Failure: Error {}
    let router = KindsOfCall.router { _ in throw Failure() }
    try await run(router) { _, channel in
      #expect(await rpcError { try await channel.call(kind) }?.code == .unknown)
    }
    try check(kind, "UNKNOWN", isServersFailure: true)
  }

  @Test("A call that fails by the client's fault")
  func clientsFault() async throws {
    let router = KindsOfCall.router { _ in throw RPCError(code: .notFound, message: "no such thing") }
    try await run(router) { _, channel in _ = await rpcError { try await channel.call(.unary) } }
    try check(.unary, "NOT_FOUND", isServersFailure: false)
  }

  @Test("A call whose deadline passes", arguments: Kind.allCases)
  private func deadline(_ kind: Kind) async throws {
    try await run(KindsOfCall.router { _ in await waitForCancellation() }) { _, channel in
      var options = CallOptions.defaults
      options.timeout = .milliseconds(200)
      #expect(await rpcError { try await channel.call(kind, options: options) }?.code == .deadlineExceeded)
    }
    try check(kind, "DEADLINE_EXCEEDED", isServersFailure: true)
  }

  @Test("A call that its client cancels", arguments: Kind.allCases)
  private func cancellation(_ kind: Kind) async throws {
    let began = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await waitForCancellation()
    }
    try await run(router) { _, channel in
      let call = Task { await rpcError { try await channel.call(kind) } }
      await began.pass()
      call.cancel()
      #expect(await call.value?.code == .cancelled)
    }
    try check(kind, "CANCELLED", isServersFailure: false)
  }

  @Test("A call that a shutdown ends", arguments: Kind.allCases)
  private func shutdown(_ kind: Kind) async throws {
    let began = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await waitForCancellation()
    }
    try await run(router) { server, channel in
      let call = Task { await rpcError { try await channel.call(kind) } }
      await began.pass()
      await server.shutdown(gracePeriod: .zero)
      #expect(await call.value?.code == .unavailable)
    }
    try check(kind, "UNAVAILABLE", isServersFailure: true)
  }

  @Test("A handler that ignores its cancellation does not keep the span open")
  func stubbornHandler() async throws {
    let began = Gate(), proceed = Gate(), ended = Gate()
    let router = KindsOfCall.router { _ in
      began.open()
      await proceed.pass()
      ended.open()
    }
    try await run(router) { server, channel in
      let call = Task { await rpcError { try await channel.call(.unary) } }
      await began.pass()
      call.cancel()
      _ = await call.value
      // The server's span is over as soon as the server knows, which nothing but the span itself tells.
      while !tracer.activeSpans.isEmpty { await Task.yield() }
      proceed.open()
      await ended.pass()
    }
    try check(.unary, "CANCELLED", isServersFailure: false)
  }

  @Test("A stream that its client leaves early", arguments: [Kind.serverStreaming, .bidirectionalStreaming])
  private func earlyEnd(_ kind: Kind) async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: KindsOfCall.method(kind)) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { writer in
        while true { try await writer.write([1]) }
      }
    }
    try await run(router) { _, channel in
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest(single: ClientRequest(message: [0])),
        descriptor: KindsOfCall.method(kind)
      ) { response in
        for try await _ in response.messages { break }
      }
      // The program is done with the call, and so is the client's span.
      #expect(tracer.finishedSpans.contains { $0.kind == .client })
    }
    try check(kind, "CANCELLED", isServersFailure: false)
  }

  @Test("A response that cannot be sent")
  func illegalMetadata() async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: KindsOfCall.method(.serverStreaming)) { (_: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]>(metadata: ["not legal": "x"]) { _ in [:] }
    }
    try await run(router) { _, channel in
      #expect(await rpcError { try await channel.call(.serverStreaming) }?.code == .internalError)
    }
    try check(.serverStreaming, "INTERNAL", isServersFailure: true)
  }

  @Test("One span of the client covers the attempts of a later interceptor")
  func retries() async throws {
    let calls = Counter()
    let router = KindsOfCall.router { _ in
      if calls.add() == 1 { throw RPCError(code: .unavailable, message: "not now") }
    }
    try await run(router, moreOfClient: [SecondAttempt()]) { _, channel in try await channel.call(.unary) }
    #expect(tracer.activeSpans.isEmpty)
    let client = tracer.finishedSpans.filter { $0.kind == .client }
    let server = tracer.finishedSpans.filter { $0.kind == .server }
    #expect(client.count == 1 && server.count == 2)
    #expect(server.allSatisfy { $0.parentSpanID == client.first?.spanID })
    #expect(try attribute("rpc.status_code", #require(client.first)) == .string("OK"))
  }

  @Test("A call on a closed channel", arguments: Kind.allCases)
  private func closedChannel(_ kind: Kind) async throws {
    try await run { _, channel in
      channel.close()
      #expect(await rpcError { try await channel.call(kind) }?.code == .unavailable)
    }
    #expect(tracer.activeSpans.isEmpty)
    let span = try #require(tracer.finishedSpans.first)
    #expect(attribute("rpc.status_code", span) == .string("UNAVAILABLE"))
  }

  @Test("Metadata becomes attributes by its key only")
  func metadata() async throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: KindsOfCall.method(.unary)) { (_: ServerRequest<[UInt8]>, _) in
      ServerResponse<[UInt8]>(message: [], metadata: ["x-shard": "7", "set-secret": "hunter2"])
    }
    try await run(router, requestMetadataKeys: ["X-Tenant"], responseMetadataKeys: ["x-shard"]) { _, channel in
      let request = ClientRequest<[UInt8]>(
        message: [],
        metadata: ["x-tenant": "a", "x-tenant": "b", "authorization": "hunter2"]
      )
      _ = try await channel.unary(request: request, descriptor: KindsOfCall.method(.unary))
    }
    let (server, client) = try spans(.unary)
    for span in [server, client] {
      #expect(attribute("rpc.request.metadata.x-tenant", span) == .stringArray(["a", "b"]))
      #expect(attribute("rpc.response.metadata.x-shard", span) == .stringArray(["7"]))
      span.attributes.forEach { name, value in #expect(!"\(name) \(value)".contains("hunter2")) }
    }
  }

  @Test("A context of no call")
  func contextOfNoCall() async throws {
    let context = ServerContext(descriptor: KindsOfCall.method(.unary), remotePeer: "ipv6:%5B::1%5D:41234")
    let request = StreamingServerRequest<[UInt8]>(single: ServerRequest(message: []))
    _ = try await TracingServerInterceptor(tracer: tracer).intercept(request: request, context: context) { _, _ in
      StreamingServerResponse(single: ServerResponse<[UInt8]>(message: []))
    }
    #expect(tracer.activeSpans.isEmpty)
    let span = try #require(tracer.finishedSpans.first)
    #expect(attribute("network.peer.address", span) == .string("::1"))
    #expect(attribute("network.peer.port", span) == .int64(41234))
  }
}
