import CoreGRPC
import TestSupport
import Testing

/// Task-locals that interceptors set around `next`, as those for tracing do.
@Suite("Task-locals of interceptors", .timeLimit(.minutes(5)))
struct TaskLocalTests {
  @TaskLocal static var names: [String] = []

  private static var text: [UInt8] { Array(names.joined(separator: "/").utf8) }

  /// A method of each kind, which answers what it sees.
  private static func router() -> RPCRouter {
    var router = RPCRouter()
    router.registerHandler(forMethod: MetadataServer.Kind.unary.method) { (_: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: text)
    }
    router.registerHandler(forMethod: MetadataServer.Kind.clientStreaming.method) {
      (request: StreamingServerRequest<[UInt8]>, _) in
      for try await _ in request.messages {}
      return ServerResponse(message: text)
    }
    router.registerHandler(forMethod: MetadataServer.Kind.serverStreaming.method) { (_: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        try await writer.write(text)
        return [:]
      }
    }
    router.registerHandler(forMethod: MetadataServer.Kind.bidirectional.method) {
      (request: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        for try await _ in request.messages { try await writer.write(text) }
        return ["x-end": .string(names.joined(separator: "/"))]
      }
    }
    return router
  }

  @Test("Reach handlers and their producers, in all four kinds of call", arguments: MetadataServer.Kind.allCases)
  func reachProducers(kind: MetadataServer.Kind) async throws {
    let server = Server(
      router: Self.router(),
      interceptors: [Naming(name: "outer"), Naming(name: "inner")]
    )
    let response = try await server.makeInProcessChannel().call(kind)
    #expect(String(decoding: response.message, as: UTF8.self) == "outer/inner")
    if kind == .bidirectional { #expect(response.trailingMetadata[stringValues: "x-end"] == ["outer/inner"]) }
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("An inner interceptor's own producer sees those of the outer one", arguments: MetadataServer.Kind.allCases)
  func reachInterceptors(kind: MetadataServer.Kind) async throws {
    let seen = Locked<[[String]]>([])
    let server = Server(
      router: Self.router(),
      interceptors: [
        Naming(name: "outer"),
        Wrapping { seen.withLock { $0.append(Self.names) } },
        Naming(name: "inner"),
      ]
    )
    let response = try await server.makeInProcessChannel().call(kind)
    #expect(String(decoding: response.message, as: UTF8.self) == "outer/inner")
    #expect(seen.withLock { $0 } == [["outer"]])
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("A producer with them is cancelled when the client cancels")
  func cancellation() async throws {
    let began = Gate()
    let cancelled = Gate()
    var router = RPCRouter()
    router.registerHandler(forMethod: StreamServer.bidirectional) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { _ in
        began.open()
        await withTaskCancellationHandler {
          await cancelled.pass()
        } onCancel: {
          cancelled.open()
        }
        return [:]
      }
    }
    let server = Server(router: router, interceptors: [Naming(name: "a")])
    let channel = try server.makeInProcessChannel()
    let call = Task {
      await rpcError { try await channel.echo(method: StreamServer.bidirectional) }
    }
    await began.pass()
    call.cancel()
    #expect(await call.value?.code == .cancelled)
    await cancelled.pass()
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("A response that an interceptor throws away leaves no task behind")
  func discarded() async throws {
    let released = Gate()
    var router = RPCRouter()
    router.registerHandler(forMethod: StreamServer.bidirectional) { (_: StreamingServerRequest<[UInt8]>, _) in
      let witness = Witness { released.open() }
      return StreamingServerResponse<[UInt8]> { _ in
        witness.use()
        return [:]
      }
    }
    let server = Server(router: router, interceptors: [Discarding()])
    let channel = try server.makeInProcessChannel()
    let error = await #expect(throws: RPCError.self) {
      try await channel.echo(method: StreamServer.bidirectional)
    }
    #expect(error?.code == .permissionDenied)
    await released.pass()
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("Those of a client's interceptor reach the request's producer")
  func client() async throws {
    try await withStreamServer { test in
      let channel = try Channel(
        target: test.address.description,
        interceptors: [ClientNaming(name: "outer"), ClientNaming(name: "inner")]
      )
      let messages = try await channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in try await writer.write(Self.text) },
        descriptor: StreamServer.bidirectional
      ) { response in
        try await response.messages.reduce(into: [] as [[UInt8]]) { $0.append($1) }
      }
      #expect(messages == [Array("outer/inner".utf8)])
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }
}

private struct Naming: ServerInterceptor {
  let name: String

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    try await TaskLocalTests.$names.withValue(TaskLocalTests.names + [name]) { try await next(request, context) }
  }
}

private struct Wrapping: ServerInterceptor {
  let body: @Sendable () -> Void

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var response = try await next(request, context)
    let producer = response.producer
    response.producer = { writer in
      body()
      return try await producer(writer)
    }
    return response
  }
}

private struct Discarding: ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    _ = try await next(request, context)
    return StreamingServerResponse(error: RPCError(code: .permissionDenied, message: "no"))
  }
}

private struct ClientNaming: ClientInterceptor {
  let name: String

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    try await TaskLocalTests.$names.withValue(TaskLocalTests.names + [name]) { try await next(request, context) }
  }
}

/// Tells when it is released.
private final class Witness: Sendable {
  let onRelease: @Sendable () -> Void

  init(onRelease: @escaping @Sendable () -> Void) { self.onRelease = onRelease }

  func use() {}

  deinit { onRelease() }
}
