import CoreGRPC
import Synchronization
import TestSupport
import Testing

@Suite("Interceptors of clients", .timeLimit(.minutes(5)))
struct ClientInterceptorTests {
  private func channel(
    to test: StreamServer,
    _ interceptors: [ConditionalInterceptor<any ClientInterceptor>]
  ) throws -> Channel {
    try Channel(target: test.address.description, interceptorPipeline: interceptors)
  }

  private func echo(_ channel: Channel, _ messages: [[UInt8]], metadata: Metadata = [:]) async throws -> [[UInt8]] {
    try await channel.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: metadata) { writer in try await writer.write(contentsOf: messages) },
      descriptor: StreamServer.bidirectional
    ) { response in
      try await response.messages.reduce(into: []) { $0.append($1) }
    }
  }

  @Test("The first interceptor is the outermost, and each sees what the one before has added")
  func order() async throws {
    let seen = Locked<[String]>([])
    try await withStreamServer { request, _ in
      seen.withLock { $0 = request.metadata[stringValues: "x-tag"] }
      return StreamingServerResponse { _ in [:] }
    } body: { test in
      let channel = try channel(to: test, [.apply(Tag(name: "a"), to: .all), .apply(Tag(name: "b"), to: .all)])
      _ = try await echo(channel, [], metadata: ["x-tag": "own"])
      let tags = seen.withLock { $0 }
      #expect(tags == ["own", "a", "b"])
    }
  }

  @Test("An interceptor applies to all, to a service's or to single methods")
  func subjects() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: Array(request.metadata[stringValues: "x-tag"].joined().utf8))
    } body: { test in
      let other = MethodDescriptor(fullyQualifiedService: "test.Other", method: "Echo")
      let channel = try Channel(
        target: test.address.description,
        interceptorPipeline: [
          .apply(Tag(name: "a"), to: .all), .apply(Tag(name: "s"), to: .services([TestServer.echo.service])),
          .apply(Tag(name: "t"), to: .services([other.service])),
          .apply(Tag(name: "m"), to: .methods([TestServer.echo])),
          .apply(Tag(name: "n"), to: .methods([other])),
        ]
      )
      #expect(try await channel.echo().message == Array("asm".utf8))
    }
  }

  @Test("An interceptor applies to some methods and services, to all others, and by a predicate")
  func moreSubjects() {
    let (echo, other) = (TestServer.echo, MethodDescriptor(fullyQualifiedService: "test.Other", method: "Echo"))
    let third = MethodDescriptor(fullyQualifiedService: "test.Other", method: "Third")
    typealias Conditional = ConditionalInterceptor<any ClientInterceptor>
    for (subject, expected) in [
      (.only(services: [echo.service], methods: [third]), [true, false, true]),
      (.only(services: [], methods: []), [false, false, false]),
      (.allExcluding(services: [echo.service], methods: [third]), [false, true, false]),
      (.allExcluding(services: [], methods: []), [true, true, true]),
      (.allMatching { $0.method == "Echo" }, [true, true, false]),
    ] as [(Conditional.Subject, [Bool])] {
      let conditional = Conditional.apply(Canned(), to: subject)
      #expect([echo, other, third].map(conditional.applies) == expected)
    }
  }

  @Test("An interceptor changes messages in both directions")
  func messages() async throws {
    try await withStreamServer { test in
      let channel = try channel(to: test, [.apply(Increment(), to: .all)])
      #expect(try await echo(channel, [[1], [5]]) == [[3], [7]])
    }
  }

  @Test("An interceptor answers by itself, and the server never hears of the call")
  func shortCircuit() async throws {
    try await withTestServer { _, _ in
      throw RPCError(code: .aborted, message: "the server was asked")
    } body: { test in
      let channel = try Channel(target: test.address.description, interceptors: [Canned()])
      #expect(try await channel.echo([4]).message == [4, 4])
    }
  }

  @Test("An interceptor tries again", arguments: [false, true])
  func retry(asStream: Bool) async throws {
    let attempts = Atomic(0)
    try await withStreamServer { request, _ in
      if attempts.add(1, ordering: .relaxed).newValue < 3 { throw RPCError(code: .unauthenticated, message: "again") }
      return StreamingServerResponse { writer in
        for try await message in request.messages { try await writer.write(message) }
        return [:]
      }
    } body: { test in
      let channel = try channel(to: test, [.apply(Retry(), to: .all)])
      if asStream {
        #expect(try await echo(channel, [[1], [2]]) == [[1], [2]])
      } else {
        #expect(try await channel.echo([1], method: StreamServer.bidirectional).message == [1])
      }
      #expect(attempts.load(ordering: .relaxed) == 3)
    }
  }

  @Test("An interceptor sees the status of every call, and its error ends the call")
  func status() async throws {
    try await withTestServer { request, _ in
      if request.message == [1] { throw RPCError(code: .notFound, message: "") }
      return ServerResponse(message: [])
    } body: { test in
      let observer = Observer()
      let channel = try Channel(target: test.address.description, interceptors: [observer])
      _ = try await channel.echo([0])
      let error = await #expect(throws: RPCError.self) { try await channel.echo([1]) }
      #expect(error?.code == .notFound)
      let tags = observer.seen.withLock { $0 }
      #expect(tags == ["OK", "NOT_FOUND"])

      let refusing = try Channel(target: test.address.description, interceptors: [Refuse()])
      let refused = await #expect(throws: RPCError.self) { try await refusing.echo([0]) }
      #expect(refused?.code == .permissionDenied)
    }
  }
}

private struct Tag: ClientInterceptor {
  let name: String

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    var request = request
    request.metadata.addString(name, forKey: "x-tag")
    return try await next(request, context)
  }
}

private struct Increment: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    var changed = request
    changed.producer = { writer in
      try await request.producer(writer.mapMessages { (message: Input) in Self.increment(message) })
    }
    var response = try await next(changed, context)
    response.messages = response.messages.mapMessages { message in Self.increment(message) }
    return response
  }

  private static func increment<Message>(_ message: Message) -> Message {
    guard let bytes = message as? [UInt8], let changed = bytes.map({ $0 + 1 }) as? Message else { return message }
    return changed
  }
}

private struct Canned: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    guard let answer = [4, 4] as [UInt8] as? Output else { return try await next(request, context) }
    return StreamingClientResponse(messages: RPCAsyncSequence([answer]))
  }
}

private struct Retry: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    while true {
      do {
        return try await next(request, context).awaitingFirstMessage()
      } catch let error as RPCError where error.code == .unauthenticated {
        continue
      }
    }
  }
}

private struct Refuse: ClientInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    throw RPCError(code: .permissionDenied, message: "not \(context.descriptor) on \(context.target)")
  }
}

private final class Observer: ClientInterceptor {
  let seen = Locked<[String]>([])

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    var response = try await next(request, context)
    let messages = response.messages
    response.messages = RPCAsyncSequence { [self] () async throws(RPCError) -> Output? in
      var iterator = messages.makeAsyncIterator()
      do throws(RPCError) {
        let message = try await iterator.next(isolation: nil)
        if message == nil { seen.withLock { $0.append("OK") } }
        return message
      } catch {
        seen.withLock { $0.append(error.code.description) }
        throw error
      }
    }
    return response
  }
}
