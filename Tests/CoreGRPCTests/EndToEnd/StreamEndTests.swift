import CoreGRPC
import Foundation
import TestSupport
import Testing

/// Each stream ends once on the wire, however its call ends.
///
/// A server ends a stream with HEADERS that have END_STREAM. When the client has not ended its side, RST_STREAM with
/// NO_ERROR may follow (RFC 9113, section 8.1). C-core sends that also when the client has, and peers ignore it
/// (section 5.1: a peer that has ended a stream must expect it for a while). See also ``ConnectionEndTests``.
@Suite("Ends of streams", .timeLimit(.minutes(5)))
struct StreamEndTests {
  /// The frames with which the server has ended a stream.
  private struct End: Equatable, CustomStringConvertible {
    var trailers = 0
    var resets: [[UInt8]] = []

    init(_ frames: [HTTP2Frame]) {
      for frame in frames {
        if frame.kind == .headers, frame.flags & HTTP2Frame.endsStream != 0 { trailers += 1 }
        if frame.kind == .resetStream { resets.append(frame.payload) }
      }
    }

    /// Whether the stream has been ended once, with trailers.
    var isOnce: Bool { trailers == 1 && (resets.isEmpty || resets == [HTTP2Frame.number(0)]) }
    /// Whether the stream has been ended once or not at all, as suits one that the client has reset.
    var isOnceAtMost: Bool { trailers == 0 && resets.isEmpty || isOnce }
    var description: String { "\(trailers) trailers, resets \(resets)" }
  }

  /// The paths of ``StreamServer``'s methods.
  private static let bidirectional = "/test.Test/Bidirectional"

  private func connection(to address: ListenAddress, settings: HTTP2Frame = .settings()) -> RawConnection {
    RawConnection(toPort: Int(address.port ?? 0), settings: settings)
  }

  /// Whether a frame is the end of a stream.
  private func isEnd(_ frame: HTTP2Frame) -> Bool {
    frame.kind == .headers && frame.flags & HTTP2Frame.endsStream != 0 || frame.kind == .resetStream
  }

  // MARK: Deadlines

  @Test("At the deadline of a call", arguments: WaitingServer.Kind.allCases, [false, true])
  func deadline(kind: WaitingServer.Kind, isHalfClosed: Bool) async throws {
    let test = try WaitingServer()
    let client = connection(to: test.address)
    client.send(
      .request(stream: 1, path: "/test.Test/\(kind.rawValue)", ("grpc-timeout", "20m")),
      .data(HTTP2Frame.message([1]), stream: 1, flags: isHalfClosed ? HTTP2Frame.endsStream : 0)
    )
    await client.frame(where: isEnd)
    // The handler of a stream of responses runs only when the request has ended.
    if kind != .serverStreaming || isHalfClosed { await test.handlerEnded.pass() }
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("When the message comes after the deadline")
  func lateMessage() async throws {
    let test = try TestServer()
    let client = connection(to: test.address)
    let flags = HTTP2Frame.endsStream
    client.send(.request(stream: 1, ("grpc-timeout", "1n")), .data(HTTP2Frame.message([1]), stream: 1, flags: flags))
    await client.frame(where: isEnd)
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("When a handler replies after the deadline", arguments: [false, true])
  func lateReply(blocksThread: Bool) async throws {
    let hasEnded = Gate()
    let mayReturn = DispatchSemaphore(value: 0)
    let test = try TestServer { request, _ in
      if blocksThread { wait(for: mayReturn) } else { await hasEnded.pass() }
      return ServerResponse(message: request.message)
    }
    let client = connection(to: test.address)
    client.send(
      .request(stream: 1, ("grpc-timeout", "20m")),
      .data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream)
    )
    await client.frame(where: isEnd)
    hasEnded.open()
    mayReturn.signal()
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("At the deadline of a stream whose handler waits for a message")
  func deadlineWhileReading() async throws {
    let test = try ReadingServer()
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional, ("grpc-timeout", "30m")))
    await client.frame(where: isEnd)
    await test.handlerEnded.pass()
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("At the deadline of a stream whose handler waits for the client's window")
  func deadlineWhileWriting() async throws {
    let test = try WritingServer()
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional, ("grpc-timeout", "30m")))
    await client.frame(where: isEnd)
    await test.handlerEnded.pass()
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("When a handler's child task is cancelled, which cancels the call, and the deadline passes")
  func childTaskThenDeadline() async throws {
    let test = try StreamServer { request, _ in
      StreamingServerResponse { _ in
        // The child task waits for a message when the deadline passes, and is cancelled with the handler.
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for try await _ in request.messages {} }
          try await group.waitForAll()
        }
        return [:]
      }
    }
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional, ("grpc-timeout", "30m")))
    await client.frame(where: isEnd)
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  // MARK: Cancellations

  @Test("When the client cancels a unary call")
  func unaryCancellation() async throws {
    let began = Gate(), ended = Gate()
    let test = try TestServer { _, _ in
      began.open()
      await waitForCancellation()
      ended.open()
      throw CancellationError()
    }
    let client = connection(to: test.address)
    client.send(.request(stream: 1), .data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream))
    await began.pass()
    client.send(.reset(8, stream: 1))
    await ended.pass()
    try await expectOneEndAtMost(of: 1, from: client, test.server)
  }

  @Test("When the client cancels a stream whose handler waits for a message")
  func cancellationWhileReading() async throws {
    let test = try ReadingServer()
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional))
    await client.frame { $0.kind == .headers }
    client.send(.reset(8, stream: 1))
    await test.handlerEnded.pass()
    try await expectOneEndAtMost(of: 1, from: client, test.server)
  }

  @Test("When the client cancels a stream whose handler waits for the client's window")
  func cancellationWhileWriting() async throws {
    let test = try WritingServer()
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional))
    await client.frame { $0.kind == .data }
    client.send(.reset(8, stream: 1))
    await test.handlerEnded.pass()
    try await expectOneEndAtMost(of: 1, from: client, test.server)
  }

  // MARK: The server's own ends

  @Test("When a client stream's handler returns early")
  func earlyReturn() async throws {
    let test = try StreamServer { _, _ in StreamingServerResponse { _ in [:] } }
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: Self.bidirectional))
    await client.frame(where: isEnd)
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  @Test("When a call is refused: of no method, and over the limit", arguments: ["/test.Test/None", "/test.Test/Echo"])
  func refusal(path: String) async throws {
    var configuration = Server.Configuration()
    configuration.maxConcurrentCalls = 0
    let test = try TestServer(configuration: configuration)
    let client = connection(to: test.address)
    client.send(.request(stream: 1, path: path, ("grpc-timeout", "1S")), .data(HTTP2Frame.message([1]), stream: 1))
    await client.frame(where: isEnd)
    // The client has not heard of it yet, and sends on.
    for _ in 0..<10 { client.send(.data(HTTP2Frame.message([2]), stream: 1)) }
    client.send(.data([], stream: 1, flags: HTTP2Frame.endsStream))
    client.send(.request(stream: 3, path: path), .data(HTTP2Frame.message([1]), stream: 3))
    await client.frame { $0.stream == 3 }
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  /// A request that is refused before its handler runs.
  enum RefusedRequest: CaseIterable {
    case longMetadata, undecodableMessage, noMessage

    func frames(isHalfClosed: Bool) -> [HTTP2Frame] {
      let flags = isHalfClosed ? HTTP2Frame.endsStream : 0
      let good = HTTP2Frame.data(HTTP2Frame.message([1]), stream: 1, flags: flags)
      switch self {
      case .longMetadata: return [.request(stream: 1, ("x-long", String(repeating: "x", count: 9_000))), good]
      case .undecodableMessage: return [.request(stream: 1, path: "/test.Test/Unreadable"), good]
      case .noMessage:
        // An open request lacks its message when C-core refuses that, here for its size.
        let bytes = isHalfClosed ? [] : HTTP2Frame.message([UInt8](repeating: 1, count: 100))
        return [.request(stream: 1), .data(bytes, stream: 1, flags: flags)]
      }
    }
  }

  @Test("When a request is refused for its content", arguments: RefusedRequest.allCases, [false, true])
  func refusedRequest(_ request: RefusedRequest, isHalfClosed: Bool) async throws {
    let test = try UnreadableServer()
    let client = connection(to: test.address)
    client.send(request.frames(isHalfClosed: isHalfClosed))
    await client.frame(where: isEnd)
    // The client of an open request has not heard of it yet, and sends on.
    if !isHalfClosed {
      for _ in 0..<10 { client.send(.data(HTTP2Frame.message([2]), stream: 1)) }
      client.send(.data([], stream: 1, flags: HTTP2Frame.endsStream))
    }
    client.send(.request(stream: 3), .data(HTTP2Frame.message([1]), stream: 3, flags: HTTP2Frame.endsStream))
    await client.frame { $0.stream == 3 && $0.isEnd }
    #expect(test.handled.value == 1)
    try await expectOneEnd(of: 1, from: client, test.server)
  }

  // MARK: Expectations

  /// Lets everything happen that a call's end leads to, and looks at the stream then.
  private func end(of stream: UInt32, from client: RawConnection, _ server: Server) async -> End {
    // The shutdown waits for every call to be released. What the calls have led to has been written when the connection
    // is closed.
    await server.shutdown()
    await client.closed()
    return End(client.frames(of: stream))
  }

  private func expectOneEnd(of stream: UInt32, from client: RawConnection, _ server: Server) async throws {
    let end = await end(of: stream, from: client, server)
    #expect(end.isOnce, "\(end)")
  }

  private func expectOneEndAtMost(of stream: UInt32, from client: RawConnection, _ server: Server) async throws {
    let end = await end(of: stream, from: client, server)
    #expect(end.isOnceAtMost, "\(end)")
  }
}

/// A server with a method of each kind, whose handlers wait until they are cancelled.
struct WaitingServer {
  enum Kind: String, CaseIterable {
    case unary = "Unary"
    case clientStreaming = "ClientStreaming"
    case serverStreaming = "ServerStreaming"
    case bidirectional = "Bidirectional"

    var method: MethodDescriptor { MethodDescriptor(fullyQualifiedService: "test.Test", method: rawValue) }
  }

  let handlerEnded = Gate()
  let server: Server
  let address: ListenAddress

  init() throws {
    let wait = { @Sendable [handlerEnded] () async throws -> Void in
      await waitForCancellation()
      handlerEnded.open()
      throw CancellationError()
    }
    var router = RPCRouter()
    router.registerHandler(forMethod: Kind.unary.method) { (request: ServerRequest<[UInt8]>, _) in
      try await wait()
      return ServerResponse(message: request.message)
    }
    router.registerHandler(forMethod: Kind.clientStreaming.method) { (_: StreamingServerRequest<[UInt8]>, _) in
      try await wait()
      return ServerResponse(message: [1] as [UInt8])
    }
    router.registerHandler(forMethod: Kind.serverStreaming.method) { (_: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { _ in
        try await wait()
        return [:]
      }
    }
    router.registerHandler(forMethod: Kind.bidirectional.method) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse<[UInt8]> { _ in
        try await wait()
        return [:]
      }
    }
    server = Server(router: router)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
  }
}

/// A server that echoes short messages, and has a method whose messages cannot be deserialized.
private struct UnreadableServer {
  private struct FailingDeserializer: MessageDeserializer {
    func deserialize(_ bytes: RawSpan) throws -> [UInt8] { throw CancellationError() }
  }

  static let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unreadable")

  let handled = Counter()
  let server: Server
  let address: ListenAddress

  init() throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { [handled] (request: ServerRequest<[UInt8]>, _) in
      handled.add()
      return ServerResponse(message: request.message)
    }
    router.registerHandler(
      forMethod: Self.method,
      deserializer: FailingDeserializer(),
      serializer: IdentitySerializer(),
      handler: { [handled] (request: ServerRequest<[UInt8]>, _) in
        handled.add()
        return ServerResponse(message: request.message)
      }
    )
    var configuration = Server.Configuration()
    configuration.maxRequestMessageBytes = 10
    server = Server(router: router, configuration: configuration)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
  }
}

/// A server whose handler reads to the end.
private struct ReadingServer {
  let handlerEnded = Gate()
  let server: Server
  let address: ListenAddress

  init() throws {
    let test = try StreamServer { [handlerEnded] request, _ in
      StreamingServerResponse { _ in
        defer { handlerEnded.open() }
        for try await _ in request.messages {}
        return [:]
      }
    }
    (server, address) = (test.server, test.address)
  }
}

/// A server whose handler writes without an end.
private struct WritingServer {
  let handlerEnded = Gate()
  let server: Server
  let address: ListenAddress

  init() throws {
    let test = try StreamServer { [handlerEnded] _, _ in
      StreamingServerResponse { writer in
        defer { handlerEnded.open() }
        while true { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
      }
    }
    (server, address) = (test.server, test.address)
  }
}

/// Blocks the current thread: a function, as a semaphore may not be waited for where a task can wait.
private func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
