import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The messages of a request", .timeLimit(.minutes(5)))
struct RequestMessageTests {
  /// A kind of method that takes one message.
  enum Kind: CaseIterable {
    case unary, interceptedUnary, serverStreaming

    var path: String {
      switch self {
      case .unary, .interceptedUnary: TestServer.echo.path
      case .serverStreaming: StreamServer.serverStreaming.path
      }
    }
  }

  /// The form in which two messages arrive.
  enum Arrival: CaseIterable {
    case inOneFrame, inTwoFrames, withoutEnd

    func frames(stream: UInt32) -> [HTTP2Frame] {
      let (first, second) = (HTTP2Frame.message([1]), HTTP2Frame.message([2]))
      return switch self {
      case .inOneFrame: [.data(first + second, stream: stream, flags: HTTP2Frame.endsStream)]
      case .inTwoFrames:
        [.data(first, stream: stream), .data(second, stream: stream, flags: HTTP2Frame.endsStream)]
      case .withoutEnd: [.data(first + second, stream: stream)]
      }
    }
  }

  /// A server whose methods echo, and count their calls.
  private final class Echo: Sendable {
    let server: Server
    let address: ListenAddress
    let calls = Counter()
    let refusals: AsyncStream<RefusedCall>

    init(
      executor: Server.HandlerExecutor = .pollers,
      intercepted: Bool = false,
      handler: @escaping @Sendable ([UInt8]) async -> Void = { _ in }
    ) throws {
      let (refusals, continuation) = AsyncStream.makeStream(of: RefusedCall.self)
      self.refusals = refusals
      var configuration = Server.Configuration()
      configuration.handlerExecutor = executor
      configuration.polling.threads = 1
      configuration.onRefusedCall = { continuation.yield($0) }
      var router = RPCRouter()
      router.registerHandler(forMethod: TestServer.echo) { [calls] (request: ServerRequest<[UInt8]>, _) in
        calls.add()
        await handler(request.message)
        return ServerResponse(message: request.message)
      }
      router.registerHandler(forMethod: StreamServer.serverStreaming) { [calls] (request: ServerRequest<[UInt8]>, _) in
        calls.add()
        return StreamingServerResponse { writer in
          try await writer.write(request.message)
          return [:]
        }
      }
      router.registerHandler(forMethod: StreamServer.bidirectional) { (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          for try await message in request.messages { try await writer.write(message) }
          return [:]
        }
      }
      server = Server(
        router: router,
        configuration: configuration,
        interceptors: intercepted ? [PassThrough()] : []
      )
      address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
    }

    func connection() -> RawConnection { RawConnection(toPort: Int(address.port ?? 0)) }

    /// Makes good calls on a connection and on another one.
    func expectGoodCalls(on connection: RawConnection, stream: UInt32, path: String) async throws {
      let message = HTTP2Frame.message([9, 8])
      connection.send(
        .request(stream: stream, path: path),
        .data(message, stream: stream, flags: HTTP2Frame.endsStream)
      )
      await connection.frame { $0.stream == stream && $0.isEnd }
      #expect(connection.frames(of: stream).filter { $0.kind == .data }.flatMap(\.payload) == message)
      let other = try await Channel(target: address.description).echo([7]).message
      #expect(other == [7])
    }
  }

  /// Whether a handler has the first message, and waits until C-core has had time to deliver a second one.
  private struct Handling: Sendable {
    let began = Gate()
    let mayEnd = Gate()

    /// Serves the messages 1, whose handler waits, and 3, which comes when that waits.
    func handle(_ message: [UInt8]) async {
      switch message {
      case [1]:
        began.open()
        await mayEnd.pass()
      case [3]: mayEnd.open()
      default: break
      }
    }

    /// Has the handler continue when the server has got all that was sent before.
    func endAfterCall(on connection: RawConnection, stream: UInt32) async {
      await began.pass()
      connection.send(
        .request(stream: stream),
        .data(HTTP2Frame.message([3]), stream: stream, flags: HTTP2Frame.endsStream)
      )
    }
  }

  @Test("A second one ends the call", arguments: Kind.allCases, Arrival.allCases)
  func secondMessage(kind: Kind, arrival: Arrival) async throws {
    // Such a handler waits for the client to end its stream.
    if kind != .unary, arrival == .withoutEnd { return }
    for executor in [Server.HandlerExecutor.pollers, .concurrentPool] {
      // A handler of a unary call begins if C-core delivers the second message late.
      let handling = Handling()
      let echo = try Echo(executor: executor, intercepted: kind == .interceptedUnary) { await handling.handle($0) }
      try await withShutdown(of: echo.server) {
        let connection = echo.connection()
        connection.send([.request(stream: 1, path: kind.path)] + arrival.frames(stream: 1))
        let barrier = Task { await handling.endAfterCall(on: connection, stream: 3) }
        await connection.frame { $0.stream == 1 && $0.isEnd }
        let end = connection.frames(of: 1).last { $0.kind == .headers }
        #expect(end?.contains("the client sent several") == true)
        #expect(!connection.frames(of: 1).contains { $0.kind == .data })
        if kind != .unary { #expect(echo.calls.value == 0) }
        handling.began.open()
        await barrier.value
        try await echo.expectGoodCalls(on: connection, stream: 5, path: kind.path)
      }
    }
  }

  @Test("A second one that comes before a handler runs is reported")
  func reportedSecondMessage() async throws {
    let echo = try Echo()
    try await withShutdown(of: echo.server) {
      let connection = echo.connection()
      let data = HTTP2Frame.message([1]) + HTTP2Frame.message([2])
      // C-core may deliver the second message late, and then a handler has had the first.
      var calls: UInt32 = 0
      repeat {
        let stream = 2 * calls + 1
        connection.send(.request(stream: stream), .data(data, stream: stream, flags: HTTP2Frame.endsStream))
        await connection.frame { $0.stream == stream && $0.isEnd }
        calls += 1
      } while echo.calls.value == calls && calls < 64
      var refusals = echo.refusals.makeAsyncIterator()
      let refusal = await refusals.next()
      #expect(refusal?.reason == .severalMessages)
      #expect(refusal?.path == TestServer.echo.path)
      #expect(refusal?.remotePeer.hasPrefix("ipv4:127.0.0.1:") == true)
      #expect(refusal?.status.code == .unimplemented)
    }
  }

  @Test("A second one that comes while the handler runs takes the place of the reply")
  func lateSecondMessage() async throws {
    let handling = Handling()
    let echo = try Echo { await handling.handle($0) }
    try await withShutdown(of: echo.server) {
      let connection = echo.connection()
      connection.send(.request(stream: 1), .data(HTTP2Frame.message([1]), stream: 1))
      await handling.began.pass()
      connection.send(.data(HTTP2Frame.message([2]), stream: 1, flags: HTTP2Frame.endsStream))
      await handling.endAfterCall(on: connection, stream: 3)
      await connection.frame { $0.stream == 1 && $0.isEnd }
      let end = connection.frames(of: 1).last { $0.kind == .headers }
      #expect(end?.contains("the client sent several") == true)
      #expect(!connection.frames(of: 1).contains { $0.kind == .data })
      try await echo.expectGoodCalls(on: connection, stream: 5, path: TestServer.echo.path)
    }
  }

  @Test("A client that does not end its stream is answered immediately, whatever it sends afterwards")
  func openStream() async throws {
    let echo = try Echo()
    try await withShutdown(of: echo.server) {
      let connection = echo.connection()
      connection.send(.request(stream: 1), .data(HTTP2Frame.message([1]), stream: 1))
      let end = await connection.frame { $0.stream == 1 && $0.isEnd }
      #expect(end?.status == 0)
      #expect(connection.frames(of: 1).first { $0.kind == .data }?.payload == HTTP2Frame.message([1]))
      connection.send(.data(HTTP2Frame.message([2]), stream: 1, flags: HTTP2Frame.endsStream))
      try await echo.expectGoodCalls(on: connection, stream: 3, path: TestServer.echo.path)
    }
  }

  @Test(
    "A client that resets its stream, or goes, while a second one is waited for, harms nothing",
    arguments: [true, false]
  )
  func clientGoes(resets: Bool) async throws {
    let (began, ended) = (Gate(), Gate())
    let echo = try Echo { message in
      guard message == [1] else { return }
      began.open()
      await waitForCancellation()
      ended.open()
    }
    try await withShutdown(of: echo.server) {
      let first = echo.connection()
      first.send(.request(stream: 1), .data(HTTP2Frame.message([1]), stream: 1))
      await began.pass()
      if resets { first.send(.reset(8, stream: 1)) } else { first.close() }
      await ended.pass()
      try await echo.expectGoodCalls(on: resets ? first : echo.connection(), stream: 3, path: TestServer.echo.path)
    }
  }

  @Test(
    "A compressed one without a known encoding ends the call, and the client learns which are accepted",
    .enabled(if: MessageFlags.isAvailable),
    arguments: [TestServer.echo, StreamServer.serverStreaming, StreamServer.bidirectional],
    [nil, "identity", "snappy"]
  )
  func mislabelled(method: MethodDescriptor, encoding: String?) async throws {
    let echo = try Echo()
    try await withShutdown(of: echo.server) {
      let connection = echo.connection()
      let request: HTTP2Frame =
        if let encoding {
          .request(stream: 1, path: method.path, ("grpc-encoding", encoding))
        } else {
          .request(stream: 1, path: method.path)
        }
      connection.send(request, .data(HTTP2Frame.message([1], flags: 1), stream: 1, flags: HTTP2Frame.endsStream))
      let end = await connection.frame { $0.stream == 1 && $0.isEnd }
      #expect(end?.status == 12)
      #expect(connection.frames(of: 1).contains { $0.contains("grpc-accept-encoding") && $0.contains("identity") })
      #expect(echo.calls.value == 0)
      try await echo.expectGoodCalls(on: connection, stream: 3, path: method.path)
    }
  }

  @Test("The first calls of a method are inspected, then a few, and more after a find")
  func inspection() {
    let inspection = RequestInspection()
    func inspected(of calls: UInt64) -> UInt64 {
      (0..<calls).reduce(0) { sum, _ in sum + (inspection.inspectsNextCall() ? 1 : 0) }
    }
    #expect(inspected(of: RequestInspection.firstCount) == RequestInspection.firstCount)
    #expect(inspected(of: 100 * RequestInspection.interval) == 100)
    inspection.foundSecondMessage()
    #expect(inspected(of: RequestInspection.countAfterFind) == RequestInspection.countAfterFind)
    #expect(inspected(of: 100 * RequestInspection.interval) == 100)
  }
}
