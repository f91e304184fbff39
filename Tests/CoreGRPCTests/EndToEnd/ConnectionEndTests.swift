import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Each stream ends once on the wire where the server ends all streams of a connection.
///
/// There is an exception, where C-core 1.51 ends a stream twice when it closes the connection: a unary call whose
/// message has not come, and which C-core so keeps to itself.
@Suite("Streams of connections that end", .timeLimit(.minutes(5)))
struct ConnectionEndTests {
  /// The state of a handler when its call ends.
  enum State: String, CaseIterable {
    /// Waits for a message of the client.
    case reads
    /// Waits for the client's window.
    case writes
    /// Waits for something else, and throws.
    case waits
    /// Waits for something else, and replies.
    case replies
    /// Holds its thread until the connection has ended.
    case blocks
  }

  struct Call: CustomStringConvertible, Sendable {
    var path: String
    var state: State
    /// Whether the client has ended its side.
    var isHalfClosed: Bool

    /// Whether the handler runs: that of a server stream only when the request has ended.
    var hasHandler: Bool { !path.hasSuffix("ServerStreaming") || isHalfClosed }

    var description: String { "\(path) that \(state.rawValue)\(isHalfClosed ? ", half-closed" : "")" }

    static let all: [Call] = State.allCases.flatMap { state in
      ["Unary", "ClientStreaming", "ServerStreaming", "Bidirectional"].flatMap { kind -> [Call] in
        switch (kind, state) {
        case ("Unary", .reads), ("Unary", .writes), ("ClientStreaming", .writes): return []
        case (_, .reads): return [Call(path: "/test.Test/\(kind)", state: state, isHalfClosed: false)]
        case ("ServerStreaming", _): return [Call(path: "/test.Test/\(kind)", state: state, isHalfClosed: true)]
        default: return [false, true].map { Call(path: "/test.Test/\(kind)", state: state, isHalfClosed: $0) }
        }
      }
    }
  }

  @Test("The grace period ends", arguments: [Duration.zero, .milliseconds(50)])
  func gracePeriod(_ grace: Duration) async throws {
    let test = try EndingServer(calls: Call.all)
    let client = RawConnection(toPort: Int(test.address.port ?? 0), settings: .settings([(4, 0)]))
    await test.begin(on: client)
    async let shutdown: Void = test.server.shutdown(gracePeriod: grace)
    await client.closed()
    test.letReturn()
    await shutdown
    #expect(test.endsOfRequests.value == 0, "an open request has no end")
    for (call, frames) in zip(Call.all, framesOfCalls(client)) {
      #expect(problem(of: frames) == nil, "\(call)")
      #expect(frames.contains { $0.contains("the server has shut down") }, "\(call)")
    }
  }

  @Test("The grace period ends with one call in progress", arguments: Call.all.filter(\.hasHandler))
  func gracePeriodOfOneCall(_ call: Call) async throws {
    let test = try EndingServer(calls: [call])
    let client = RawConnection(toPort: Int(test.address.port ?? 0), settings: .settings([(4, 0)]))
    await test.begin(on: client)
    async let shutdown: Void = test.server.shutdown(gracePeriod: .milliseconds(20))
    await client.closed()
    test.letReturn()
    await shutdown
    let frames = client.frames(of: EndingServer.stream(0))
    // C-core closes the connection with its last call before it has written what cancels that.
    if call.state == .writes, !frames.contains(where: { $0.flags & HTTP2Frame.endsStream != 0 }) { return }
    #expect(problem(of: frames) == nil)
    #expect(frames.contains { $0.contains("the server has shut down") })
  }

  @Test("The grace period of a connection's age ends")
  func connectionAge() async throws {
    let test = try EndingServer(calls: Call.all, configuration: Self.aging)
    try await withShutdown(of: test.server) {
      let client = RawConnection(toPort: Int(test.address.port ?? 0), settings: .settings([(4, 0)]))
      await test.begin(on: client)
      await client.closed()
      test.letReturn()
      await test.server.shutdown(gracePeriod: .zero)
      #expect(test.endsOfRequests.value == 0, "an open request has no end")
      for (call, frames) in zip(Call.all, framesOfCalls(client)) {
        #expect(problem(of: frames) == nil, "\(call)")
        #expect(frames.contains { $0.contains("the connection has reached its maximum age") }, "\(call)")
      }
    }
  }

  @Test(
    "The grace period of a connection's age ends with one call in progress",
    arguments: Call.all.filter(\.hasHandler)
  )
  func connectionAgeOfOneCall(_ call: Call) async throws {
    let test = try EndingServer(calls: [call], configuration: Self.aging)
    try await withShutdown(of: test.server) {
      let client = RawConnection(toPort: Int(test.address.port ?? 0), settings: .settings([(4, 0)]))
      await test.begin(on: client)
      await client.closed()
      test.letReturn()
      await test.server.shutdown(gracePeriod: .zero)
      let frames = client.frames(of: EndingServer.stream(0))
      // C-core closes the connection with its last call before it has written what cancels that.
      if call.state == .writes, !frames.contains(where: { $0.flags & HTTP2Frame.endsStream != 0 }) { return }
      #expect(problem(of: frames) == nil)
      #expect(frames.contains { $0.contains("the connection has reached its maximum age") })
    }
  }

  @Test("A call that begins after GOAWAY ends with the others")
  func lateCall() async throws {
    let call = Call(path: "/test.Test/Bidirectional", state: .reads, isHalfClosed: false)
    let test = try EndingServer(calls: [call, call], configuration: Self.aging)
    try await withShutdown(of: test.server) {
      // While the client does not answer the server's ping, it may begin calls.
      let client = RawConnection(toPort: Int(test.address.port ?? 0), answersPings: false)
      for stream: UInt32 in [1, 3] {
        client.send(.request(stream: stream, path: call.path, ("x-state", call.state.rawValue)))
        if stream == 1 { await client.frame { $0.kind == .goAway } }
      }
      for stream: UInt32 in [1, 3] {
        await client.frame { $0.stream == stream && $0.kind == .headers && $0.flags & HTTP2Frame.endsStream != 0 }
      }
      await test.server.shutdown(gracePeriod: .zero)
      await client.closed()
      for stream: UInt32 in [1, 3] {
        let frames = client.frames(of: stream)
        #expect(problem(of: frames) == nil)
        #expect(frames.contains { $0.contains("the connection has reached its maximum age") })
      }
    }
  }

  private static var aging: Server.Configuration {
    var configuration = Server.Configuration()
    configuration.connectionAge = .init(maxAge: .seconds(1), maxGraceTime: .milliseconds(50))
    return configuration
  }

  /// C-core alone has these calls.
  ///
  /// It ends them twice, when nothing else is on the connection, which it then closes.
  @Test("Unary calls whose requests have not come end last, with the connection")
  func missingRequests() async throws {
    let test = try EndingServer(calls: [Call(path: "/test.Test/Bidirectional", state: .reads, isHalfClosed: false)])
    try await withShutdown(of: test.server) {
      let client = RawConnection(toPort: Int(test.address.port ?? 0))
      await test.begin(on: client)
      // They have a deadline, which their client is to keep.
      for stream: UInt32 in [3, 5] {
        client.send(.request(stream: stream, path: "/test.Test/Unary", ("grpc-timeout", "1m")))
      }
      client.send(.ping(1))
      await client.frame { $0 == HTTP2Frame.ping(1).pong }
      await test.server.shutdown(gracePeriod: .milliseconds(20))
      await client.closed()
      #expect(problem(of: client.frames(of: 1)) == nil)
      let ends = client.allFrames.filter { $0.kind == .headers && $0.flags & HTTP2Frame.endsStream != 0 }.map(\.stream)
      // Newer versions than 1.51 end them in any order.
      #expect(ends.first == 1 || EngineCapabilities.current.refusesUnreadableHeaders)
      #expect(Set(ends.prefix(3)) == [1, 3, 5], "\(ends)")
    }
  }

  @Test("A server that has shut down refuses calls")
  func refusal() async throws {
    let test = try EndingServer(calls: [Call(path: "/test.Test/Bidirectional", state: .reads, isHalfClosed: false)])
    try await withShutdown(of: test.server) {
      // Without an answer to the server's ping, calls may be on their way when C-core shuts down: it refuses them.
      let client = RawConnection(toPort: Int(test.address.port ?? 0), answersPings: false)
      await test.begin(on: client)
      test.server.beginGracefulShutdown()
      var stream = EndingServer.stream(0)
      var isRefused = false
      while !isRefused {
        stream += 2
        client.send(.request(stream: stream, path: "/test.Test/Unary"), .data(HTTP2Frame.message([1]), stream: stream))
        let end = await client.frame {
          $0.stream == stream && $0.kind == .headers && $0.flags & HTTP2Frame.endsStream != 0
        }
        isRefused = try !#require(end).contains("no state")
      }
      // The client has not heard of it yet, and sends on.
      client.send(
        .data(HTTP2Frame.message([2]), stream: stream),
        .data([], stream: stream, flags: HTTP2Frame.endsStream)
      )
      await test.server.shutdown(gracePeriod: .zero)
      await client.closed()
      // There have been thousands of calls.
      for stream in stride(from: max(EndingServer.stream(1), stream &- min(stream, 100)), through: stream, by: 2) {
        #expect(problem(of: client.frames(of: stream)) == nil, "stream \(stream)")
      }
    }
  }

  @Test("The grace period ends though a client reads nothing")
  func clientThatReadsNothing() async throws {
    var configuration = Server.Configuration()
    // The system, too, gives a connection up after that time.
    configuration.keepalive.timeout = .seconds(600)
    let call = Call(path: "/test.Test/Bidirectional", state: .writes, isHalfClosed: false)
    let test = try EndingServer(calls: [call], configuration: configuration)
    try await withShutdown(of: test.server) {
      let socket = RawSocket.connected(toPort: Int(test.address.port ?? 0))
      // Windows of HTTP/2 so large that the socket's buffers fill up.
      let frames: [HTTP2Frame] = [
        .settings([(4, 0x7FFF_FFFF)]), .windowUpdate(0x7FFF_0000),
        .request(stream: 1, path: call.path, ("x-state", call.state.rawValue)),
      ]
      socket.write(HTTP2Frame.preface + frames.bytes)
      await test.haveBegun.pass()
      await test.server.shutdown(gracePeriod: .milliseconds(300))
      socket.shutDown()
    }
  }

  private func framesOfCalls(_ client: RawConnection) -> [[HTTP2Frame]] {
    Call.all.indices.map { client.frames(of: EndingServer.stream($0)) }
  }

  /// Returns the rule of a stream's end that its frames break; `nil` if they break none.
  private func problem(of frames: [HTTP2Frame]) -> String? {
    let kinds = frames.map { frame in
      frame.kind == .headers && frame.flags & HTTP2Frame.endsStream != 0 ? "end" : "\(frame.kind)"
    }
    guard let end = kinds.firstIndex(of: "end") else { return "no end: \(kinds)" }
    let rest = frames[(end + 1)...]
    if rest.isEmpty || rest.map(\.bytes) == [HTTP2Frame.reset(0, stream: frames[end].stream).bytes] { return nil }
    return "\(kinds)"
  }
}

/// A server with handlers of the four kinds whose state the client chooses.
private struct EndingServer {
  let server: Server
  let address: ListenAddress
  private let calls: [ConnectionEndTests.Call]
  let haveBegun = Gate()
  /// The number of handlers that have read a request to its end.
  let endsOfRequests = Counter()
  private let mayReturn = DispatchSemaphore(value: 0)

  static func stream(_ index: Int) -> UInt32 { UInt32(2 * index + 1) }

  init(calls: [ConnectionEndTests.Call], configuration: Server.Configuration = Server.Configuration()) throws {
    typealias State = ConnectionEndTests.State
    self.calls = calls
    let (begun, haveBegun, mayReturn, endsOfRequests) = (Counter(), haveBegun, mayReturn, endsOfRequests)
    let handlers = calls.filter(\.hasHandler).count
    @Sendable func handle(
      _ metadata: Metadata,
      read: () async throws -> Void,
      write: () async throws -> Void
    ) async throws {
      let state = metadata[stringValues: "x-state"].compactMap(State.init(rawValue:)).first
      if begun.add() == handlers { haveBegun.open() }
      switch state {
      case .reads:
        try await read()
        endsOfRequests.add()
      case .writes: try await write()
      case .waits:
        await waitForCancellation()
        throw CancellationError()
      case .replies: await waitForCancellation()
      case .blocks: wait(for: mayReturn)
      case nil: throw RPCError(code: .invalidArgument, message: "no state")
      }
    }
    @Sendable func write(_ writer: RPCWriter<[UInt8]>) async throws {
      while true { try await writer.write([UInt8](repeating: 1, count: 10_000)) }
    }
    func method(_ name: String) -> MethodDescriptor {
      MethodDescriptor(fullyQualifiedService: "test.Test", method: name)
    }
    let (deserializer, serializer) = (IdentityDeserializer(), IdentitySerializer())
    var router = RPCRouter()
    router.registerHandler(forMethod: method("Unary"), deserializer: deserializer, serializer: serializer) {
      (request: ServerRequest<[UInt8]>, _) in
      try await handle(request.metadata, read: {}, write: {})
      return ServerResponse(message: request.message)
    }
    router.registerHandler(forMethod: method("ClientStreaming"), deserializer: deserializer, serializer: serializer) {
      (request: StreamingServerRequest<[UInt8]>, _) in
      try await handle(request.metadata, read: { for try await _ in request.messages {} }, write: {})
      return ServerResponse(message: [])
    }
    router.registerHandler(forMethod: method("ServerStreaming"), deserializer: deserializer, serializer: serializer) {
      (request: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        try await handle(request.metadata, read: {}, write: { try await write(writer) })
        return [:]
      }
    }
    router.registerHandler(forMethod: method("Bidirectional"), deserializer: deserializer, serializer: serializer) {
      (request: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        try await handle(
          request.metadata,
          read: { for try await _ in request.messages {} },
          write: { try await write(writer) }
        )
        return [:]
      }
    }
    server = Server(router: router, configuration: configuration)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
  }

  /// Begins calls, and waits until their handlers run.
  func begin(on client: RawConnection) async {
    for (index, call) in calls.enumerated() {
      let stream = Self.stream(index)
      client.send(
        .request(stream: stream, path: call.path, ("x-state", call.state.rawValue)),
        .data(HTTP2Frame.message([1]), stream: stream, flags: call.isHalfClosed ? HTTP2Frame.endsStream : 0)
      )
    }
    await haveBegun.pass()
  }

  /// Has the handlers return that hold their threads.
  func letReturn() { for _ in calls { mayReturn.signal() } }
}

/// Blocks the current thread: a function, as a semaphore may not be waited for where a task can wait.
private func wait(for semaphore: DispatchSemaphore) { semaphore.wait() }
