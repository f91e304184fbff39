import CoreGRPC
import TestSupport
import Testing

@Suite("Interceptors of servers", .timeLimit(.minutes(5)))
struct ServerInterceptorTests {
  /// Calls each kind of method of a server with the interceptors.
  private func withServer<Result>(
    _ interceptors: [ConditionalInterceptor<any ServerInterceptor>],
    handler: @escaping @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws -> ServerResponse<[UInt8]>,
    _ body: (Channel) async throws -> Result
  ) async throws -> Result {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo, handler: handler)
    router.registerHandler(forMethod: StreamServer.bidirectional) {
      (request: StreamingServerRequest<[UInt8]>, context) in
      StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message) }
        if request.metadata["x-fail"].isEmpty { return [:] }
        throw RPCError(code: .aborted, message: "late")
      }
    }
    router.registerHandler(forMethod: StreamServer.clientStreaming) {
      (request: StreamingServerRequest<[UInt8]>, context) in
      try await handler(
        ServerRequest(metadata: request.metadata, message: request.messages.reduce([]) { $0 + $1 }),
        context
      )
    }
    let server = Server(router: router, interceptorPipeline: interceptors)
    let result = try await body(server.makeInProcessChannel())
    await server.shutdown(gracePeriod: .seconds(10))
    return result
  }

  @Test("The first interceptor is the outermost; metadata and messages pass through all of them")
  func order() async throws {
    let handler: TestServer.Handler = { request, _ in
      ServerResponse(
        message: request.message + Array(request.metadata[stringValues: "x-tag"].joined().utf8),
        metadata: ["x-initial": "i"],
        trailingMetadata: ["x-trailing": "t"]
      )
    }
    try await withServer([.apply(Tag(name: "a"), to: .all), .apply(Tag(name: "b"), to: .all)], handler: handler) {
      channel in
      for method in [TestServer.echo, StreamServer.clientStreaming] {
        let response = try await channel.echo([1], method: method, metadata: ["x-tag": "own"])
        #expect(response.message == [1] + Array("ownab".utf8))
        #expect(response.metadata[stringValues: "x-initial"] == ["i"])
        #expect(response.trailingMetadata[stringValues: "x-trailing"] == ["t", "b", "a"])
      }
    }
  }

  @Test("An interceptor turns a call away, for the methods that it applies to")
  func refusal() async throws {
    let refuse = ConditionalInterceptor<any ServerInterceptor>.apply(Refuse(), to: .methods([TestServer.echo]))
    try await withServer([refuse], handler: { request, _ in ServerResponse(message: request.message) }) { channel in
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unauthenticated)
      let answer = try await channel.echo([2], method: StreamServer.clientStreaming).message
      #expect(answer == [2])
    }
  }

  @Test("An interceptor sees every status: of handlers, before and after the response, and of success")
  func status() async throws {
    let observer = Observer()
    let handler: TestServer.Handler = { request, _ in
      if request.message == [1] { throw RPCError(code: .notFound, message: "") }
      return ServerResponse(message: [])
    }
    try await withServer([.apply(observer, to: .all)], handler: handler) { channel in
      _ = try await channel.echo([0])
      _ = await rpcError { try await channel.echo([1]) }
      let late = await #expect(throws: RPCError.self) {
        try await channel.echo(method: StreamServer.bidirectional, metadata: ["x-fail": "1"])
      }
      #expect(late?.code == .aborted)
    }
    let tags = observer.seen.withLock { $0 }
    #expect(tags == ["OK", "NOT_FOUND", "ABORTED"])
  }
}

private struct Tag: ServerInterceptor {
  let name: String

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var request = request
    request.metadata.addString(name, forKey: "x-tag")
    let response = try await next(request, context)
    return StreamingServerResponse(metadata: response.metadata) { writer in
      var trailing = try await response.producer(writer)
      trailing.addString(name, forKey: "x-trailing")
      return trailing
    }
  }
}

private struct Refuse: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    throw RPCError(code: .unauthenticated, message: "who are you?")
  }
}

private final class Observer: ServerInterceptor {
  let seen = Locked<[String]>([])

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    let seen = Seen(observer: self)
    let response = try await seen.noting { try await next(request, context) }
    return StreamingServerResponse(metadata: response.metadata) { writer in
      let trailing = try await seen.noting { try await response.producer(writer) }
      seen.note("OK")
      return trailing
    }
  }

  private struct Seen: Sendable {
    let observer: Observer

    func note(_ text: String) { observer.seen.withLock { $0.append(text) } }

    func noting<Value>(_ body: () async throws -> Value) async throws -> Value {
      do {
        return try await body()
      } catch {
        note((error as? RPCError)?.code.description ?? "UNKNOWN")
        throw error
      }
    }
  }
}
