import CoreGRPC
import TestSupport
import Testing

@Suite("What a server's settings do", .timeLimit(.minutes(5)))
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
    let frames = await RawClient.frames(fromPort: try port(test), until: { $0.kind == .settings && $0.flags == 0 })
    let announced = try #require(frames.last?.setting(4))
    // C-core's own choice is about 4 MiB.
    if let size { #expect(announced == size) } else { #expect(announced > 1 << 20) }
    await test.server.shutdown()
  }

  @Test("A connection without calls is ended after the idle time")
  func idle() async throws {
    let test = try server { $0.connectionAge.maximumIdle = .milliseconds(50) }
    let frames = await RawClient.frames(fromPort: try port(test))
    #expect(frames.contains { $0.kind == .goAway && $0.contains("enter idle") })
    await test.server.shutdown()
  }

  @Test("A connection is ended gracefully at its age")
  func age() async throws {
    let test = try server { $0.connectionAge.maximum = .milliseconds(50) }
    let frames = await RawClient.frames(fromPort: try port(test))
    // The GOAWAY that begins a graceful end names the last stream there can be.
    #expect(frames.contains { $0.kind == .goAway && $0.payload.starts(with: [0x7F, 0xFF, 0xFF, 0xFF]) })
    await test.server.shutdown()
  }

  @Test("Connections are replaced as they age, and no call fails")
  func replacement() async throws {
    let test = try server { $0.connectionAge.maximum = .milliseconds(50) }
    // A call that meets the end of its connection is made again.
    var configuration = Channel.Configuration()
    configuration.allowsRetries = true
    let channel = try Channel(target: test.address.description, configuration: configuration)
    var peers: Set<[UInt8]> = []
    while peers.count < 4 { peers.insert(try await channel.echo().message) }
    await test.server.shutdown()
  }

  @Test("Calls on a connection that is too old are cancelled after the grace time")
  func grace() async throws {
    var configuration = Server.Configuration()
    configuration.connectionAge = .init(maximum: .milliseconds(50), grace: .milliseconds(50))
    let cancelled = Gate()
    let test = try TestServer(configuration: configuration) { _, _ in
      await waitForCancellation()
      cancelled.open()
      throw CancellationError()
    }
    let error = await rpcError { () async throws(RPCError) in try await test.call() }
    #expect(error?.code == .unavailable)
    await cancelled.pass()
    await test.server.shutdown()
  }

  @Test("A client that does not answer pings is disconnected")
  func keepalive() async throws {
    let test = try server {
      $0.keepalive = .init(time: .milliseconds(50), timeout: .milliseconds(50), permitWithoutCalls: true)
    }
    let frames = await RawClient.frames(fromPort: try port(test), answering: { _ in nil })
    #expect(frames.contains { $0.kind == .ping && $0.flags == 0 })
    await test.server.shutdown()
  }

  /// Whether a server ends the connection of a client that pings twenty times, and then once more when all are answered.
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
      $0.keepalive.maximumPingStrikes = strikes
      $0.keepalive.permitWithoutCalls = true
    }
    let isEnded = try await endsConnection(test)
    #expect(isEnded == (strikes != nil))
    await test.server.shutdown()
  }

  @Test("Pings that keep the minimum interval are no strikes")
  func pingInterval() async throws {
    let test = try server {
      $0.keepalive.minimumPingInterval = .zero
      $0.keepalive.permitWithoutCalls = true
    }
    let isEnded = try await endsConnection(test)
    #expect(!isEnded)
    await test.server.shutdown()
  }

  @Test("The limit of streams is announced to the client")
  func concurrentStreams() async throws {
    let test = try server { $0.maximumConcurrentStreamsPerConnection = 17 }
    let frames = await RawClient.frames(fromPort: try port(test), until: { $0.kind == .settings })
    #expect(frames.first?.setting(3) == 17)
    await test.server.shutdown()
  }

  @Test("A connection that says nothing is closed after the handshake time")
  func handshake() async throws {
    let test = try server { $0.handshakeTimeout = .milliseconds(50) }
    _ = await RawClient.frames(fromPort: try port(test), sending: [])
    await test.server.shutdown()
  }

  @Test("An additional argument wins over the setting")
  func additionalArguments() async throws {
    let test = try server { $0.additionalArguments = ["grpc.max_receive_message_length": 2] }
    let error = await rpcError { () async throws(RPCError) in try await test.call([1, 2, 3]) }
    #expect(error?.code == .resourceExhausted)
    await test.server.shutdown()
  }

  @Test("A lean server answers, keeps its limits, and sends nothing compressed")
  func lean() async throws {
    var configuration = Server.Configuration.lean
    configuration.maximumReceiveMessageSize = 1_000
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.compression.acceptedAlgorithms = [.gzip]
    let test = try TestServer(configuration: configuration, channelConfiguration: channelConfiguration) { request, _ in
      var response = ServerResponse(message: request.message)
      response.compression = .gzip
      return response
    }
    let message = [UInt8](repeating: 7, count: 1_000)
    let answer = try await test.call(message)
    #expect(answer.message == message)
    #expect(!answer.wasCompressed)
    let error = await rpcError { () async throws(RPCError) in try await test.call(message + [7]) }
    #expect(error?.code == .resourceExhausted)
    await test.server.shutdown()
  }

  @Test("What is more than a window arrives, though the handler reads late", arguments: [false, true])
  func readsLate(isLean: Bool) async throws {
    let test = try StreamServer(configuration: isLean ? .lean : Server.Configuration()) { request, _ in
      // Nothing tells that the client cannot send more.
      try await Task.sleep(for: .milliseconds(500))
      let count = try await request.messages.reduce(0) { sum, message in sum + message.count / 100_000 }
      return StreamingServerResponse { writer in
        try await writer.write([UInt8(count)])
        return [:]
      }
    }
    let counts = try await test.bidirectional(options: CallOptions(timeout: .seconds(20))) { writer in
      for _ in 0..<20 { try await writer.write([UInt8](repeating: 7, count: 100_000)) }
    } onResponse: { response in
      try await response.messages.reduce(into: []) { $0.append($1) }
    }
    #expect(counts == [[20]])
    await test.server.shutdown()
  }
}
