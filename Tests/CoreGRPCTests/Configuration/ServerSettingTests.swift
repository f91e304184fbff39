import CoreGRPC
import TestSupport
import Testing

@Suite("Effects of a server's settings", .timeLimit(.minutes(5)))
struct ServerSettingTests {
  private func server(_ change: (inout Server.Configuration) -> Void) throws -> TestServer {
    var configuration = Server.Configuration()
    change(&configuration)
    return try TestServer(configuration: configuration) { _, context in
      ServerResponse(message: Array(context.remotePeer.utf8))
    }
  }

  private func port(_ test: TestServer) throws -> Int { Int(try #require(test.address.port)) }

  @Test("The window of a stream is as the setting says", arguments: [nil, 100_000])
  func window(size: Int?) async throws {
    let test = try server { $0.targetWindowSize = size }
    try await withShutdown(of: test.server) {
      let frames = await RawClient.frames(fromPort: try port(test), until: { $0.kind == .settings && $0.flags == 0 })
      let announced = try #require(frames.last?.setting(4))
      // C-core's own choice is about 4 MiB.
      if let size { #expect(announced == size) } else { #expect(announced > 1 << 20) }
    }
  }

  @Test("A connection without calls is ended after the idle time")
  func idle() async throws {
    let test = try server { $0.connectionAge.maxIdleTime = .milliseconds(50) }
    try await withShutdown(of: test.server) {
      let frames = await RawClient.frames(fromPort: try port(test))
      // The second one is gRPC 1.85's.
      let reasons = ["enter idle", "connection idle"]
      #expect(frames.contains { frame in frame.kind == .goAway && reasons.contains { frame.contains($0) } })
    }
  }

  @Test("A connection is ended gracefully at its age")
  func age() async throws {
    let test = try server { $0.connectionAge.maxAge = .milliseconds(50) }
    try await withShutdown(of: test.server) {
      let frames = await RawClient.frames(fromPort: try port(test))
      // The GOAWAY that begins a graceful end names the last stream there can be.
      #expect(frames.contains { $0.kind == .goAway && $0.payload.starts(with: [0x7F, 0xFF, 0xFF, 0xFF]) })
    }
  }

  @Test("Connections are replaced as they age, and no call fails")
  func replacement() async throws {
    let test = try server { $0.connectionAge.maxAge = .milliseconds(50) }
    try await withShutdown(of: test.server) {
      // A call that meets the end of its connection is made again.
      var configuration = Channel.Configuration()
      configuration.allowsRetries = true
      let channel = try Channel(target: test.address.description, configuration: configuration)
      var peers: Set<[UInt8]> = []
      while peers.count < 4 { peers.insert(try await channel.echo().message) }
    }
  }

  @Test("Calls on a connection that is too old are cancelled after the grace time")
  func grace() async throws {
    var configuration = Server.Configuration()
    configuration.connectionAge = .init(maxAge: .milliseconds(50), maxGraceTime: .milliseconds(50))
    let began = Counter()
    let cancelled = Gate()
    try await withTestServer(configuration: configuration) { _, context in
      began.add()
      await waitForCancellation()
      #expect(context.cancellation.reason == .connectionAge)
      cancelled.open()
      throw CancellationError()
    } body: { test in
      // On a busy machine the connection may be too old before the call arrives.
      var error: RPCError?
      repeat { error = await #expect(throws: RPCError.self) { try await test.call() } } while began.value == 0
      #expect(error?.code == .unavailable)
      #expect(error?.message == "the connection has reached its maximum age")
      await cancelled.pass()
    }
  }

  @Test("A client that does not answer pings is disconnected")
  func keepalive() async throws {
    let test = try server {
      $0.keepalive = .init(time: .milliseconds(50), timeout: .milliseconds(50), allowWithoutCalls: true)
    }
    try await withShutdown(of: test.server) {
      let frames = await RawClient.frames(fromPort: try port(test), answering: { _ in nil })
      #expect(frames.contains { $0.kind == .ping && $0.flags == 0 })
    }
  }

  /// Whether a server ends the connection of a client that pings twenty times, and then once more when all are
  /// answered.
  private func endsConnection(_ test: TestServer) async throws -> Bool {
    let pings = (1...20).flatMap { HTTP2Frame.ping($0).bytes }
    let frames = await RawClient.frames(
      fromPort: try port(test),
      sending: HTTP2Frame.preface + HTTP2Frame(kind: .settings).bytes + pings,
      answering: { $0 == HTTP2Frame.ping(20).pong ? .ping(21) : nil },
      until: { $0 == HTTP2Frame.ping(21).pong }
    )
    // ENHANCE_YOUR_CALM is error 11; the error stands behind four bytes of stream.
    let isCalmed = frames.contains { $0.kind == .goAway && $0.payload[7] == 11 && $0.contains("too_many_pings") }
    // When it has said so, C-core may answer once more before it closes the connection.
    #expect(isCalmed || frames.contains { $0 == HTTP2Frame.ping(21).pong })
    return isCalmed
  }

  @Test("A client that pings too often is told to calm down, unless that is allowed", arguments: [2, nil])
  func pingStrikes(strikes: Int?) async throws {
    let test = try server {
      $0.keepalive.maxPingStrikes = strikes
      $0.keepalive.allowWithoutCalls = true
    }
    try await withShutdown(of: test.server) {
      let isEnded = try await endsConnection(test)
      #expect(isEnded == (strikes != nil))
    }
  }

  @Test("Pings that keep the minimum interval are no strikes")
  func pingInterval() async throws {
    let test = try server {
      $0.keepalive.minPingInterval = .zero
      $0.keepalive.allowWithoutCalls = true
    }
    try await withShutdown(of: test.server) {
      let isEnded = try await endsConnection(test)
      #expect(!isEnded)
    }
  }

  @Test("The limit of streams is announced to the client")
  func concurrentStreams() async throws {
    let test = try server { $0.maxConcurrentStreams = 17 }
    try await withShutdown(of: test.server) {
      let frames = await RawClient.frames(fromPort: try port(test), until: { $0.kind == .settings })
      #expect(frames.first?.setting(3) == 17)
    }
  }

  @Test("A connection that says nothing is closed after the handshake time")
  func handshake() async throws {
    let test = try server { $0.handshakeTimeout = .milliseconds(50) }
    try await withShutdown(of: test.server) {
      _ = await RawClient.frames(fromPort: try port(test), sending: [])
    }
  }

  @Test("An additional argument wins over the setting")
  func additionalArguments() async throws {
    let test = try server { $0.additionalArguments = ["grpc.max_receive_message_length": 2] }
    try await withShutdown(of: test.server) {
      let error = await #expect(throws: RPCError.self) { try await test.call([1, 2, 3]) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("A lean server answers, keeps its limits, and sends nothing compressed")
  func lean() async throws {
    var configuration = Server.Configuration()
    configuration.isLean = true
    configuration.additionalArguments["grpc.max_connection_idle_ms"] = 60_000
    configuration.maxRequestMessageBytes = 1_000
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.compression.enabledAlgorithms = [.gzip]
    try await withTestServer(configuration: configuration, channelConfiguration: channelConfiguration) { request, _ in
      var response = ServerResponse(message: request.message)
      response.compression = .gzip
      return response
    } body: { test in
      let message = [UInt8](repeating: 7, count: 1_000)
      let answer = try await test.call(message)
      #expect(answer.message == message)
      #expect(!answer.wasCompressed)
      let error = await #expect(throws: RPCError.self) { try await test.call(message + [7]) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("A message larger than a window arrives, though the handler reads late", arguments: [false, true])
  func readsLate(isLean: Bool) async throws {
    var configuration = Server.Configuration()
    configuration.isLean = isLean
    try await withStreamServer(configuration: configuration) { request, _ in
      // Nothing tells that the client cannot send more.
      try await Task.sleep(for: .milliseconds(500))
      let count = try await request.messages.reduce(0) { sum, message in sum + message.count / 100_000 }
      return StreamingServerResponse { writer in
        try await writer.write([UInt8(count)])
        return [:]
      }
    } body: { test in
      let counts = try await test.bidirectional(options: CallOptions(timeout: .seconds(20))) { writer in
        for _ in 0..<20 { try await writer.write([UInt8](repeating: 7, count: 100_000)) }
      } onResponse: { response in
        try await response.messages.reduce(into: []) { $0.append($1) }
      }
      #expect(counts == [[20]])
    }
  }
}
