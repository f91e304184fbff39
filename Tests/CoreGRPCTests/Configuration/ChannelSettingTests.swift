import CoreGRPC
import Synchronization
import TestSupport
import Testing

@Suite("Effects of a channel's settings", .timeLimit(.minutes(5)))
struct ChannelSettingTests {
  /// Makes a call that nobody answers, until the test has seen enough.
  private func call(_ server: RawServer, _ configuration: Channel.Configuration) throws -> Task<RPCError?, Never> {
    let channel = try Channel(target: server.target, configuration: configuration)
    return Task { await rpcError { try await channel.echo() } }
  }

  @Test("Authority and user agent go out as set, and with each call the call's own authority")
  func names() async throws {
    let server = RawServer()
    var configuration = Channel.Configuration()
    configuration.authority = "authority.example"
    configuration.userAgent = "program/1"
    let task = try call(server, configuration)
    let headers = try #require(await server.firstFrame { $0.kind == .headers })
    #expect(headers.contains("authority.example"))
    #expect(headers.contains("program/1 coregrpc-swift/"))
    task.cancel()

    let channel = try Channel(target: server.target, configuration: configuration)
    let other = Task {
      await rpcError {
        try await channel.echo(options: CallOptions(authority: "other.example"))
      }
    }
    _ = try #require(await server.firstFrame { $0.kind == .headers && $0.contains("other.example") })
    other.cancel()
  }

  @Test("The window of a stream is as the setting says", arguments: [nil, 100_000])
  func window(size: Int?) async throws {
    let server = RawServer()
    var configuration = Channel.Configuration()
    configuration.targetWindowSize = size
    let task = try call(server, configuration)
    let settings = try #require(await server.firstFrame { $0.kind == .settings && $0.flags == 0 })
    let announced = try #require(settings.setting(4))
    // C-core's own choice is about 4 MiB.
    if let size { #expect(announced == size) } else { #expect(announced > 1 << 20) }
    task.cancel()
  }

  enum Bound: CaseIterable { case quota, window }

  @Test("Streams that are not read take no more memory than the settings allow", arguments: Bound.allCases)
  func unreadStreams(bound: Bound) async throws {
    let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Flood")
    let unreadBytes = Atomic(0)
    let message = [UInt8](repeating: 1, count: 65_536)
    var router = RPCRouter()
    router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
      let isRead = request.message == [1]
      return StreamingServerResponse<[UInt8]> { writer in
        while true {
          try await writer.write(message)
          if !isRead { unreadBytes.add(message.count, ordering: .relaxed) }
        }
      }
    }
    let server = Server(router: router)
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    var configuration = Channel.Configuration()
    switch bound {
    case .quota: configuration.memoryQuota = 16 << 20
    case .window: configuration.targetWindowSize = 65_536
    }
    let channel = try Channel(target: address.description, configuration: configuration)

    @Sendable func flood(_ isRead: Bool, _ body: (StreamingClientResponse<[UInt8]>) async throws -> Void) async throws {
      try await channel.serverStreaming(
        request: ClientRequest(message: [isRead ? 1 : 0]),
        descriptor: method,
        onResponse: body
      )
    }
    let isRead = Gate()
    await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<32 {
        group.addTask {
          try await flood(false) { _ in await isRead.pass() }
        }
      }
      // As long as this takes, the others have time to fill the memory.
      let error = await rpcError {
        try await flood(true) { response in
          var count = 0
          for try await _ in response.messages {
            count += 1
            if count == 1000 { break }
          }
        }
      }?.code
      // Where the quota is used up, C-core ends calls, and may choose this one.
      #expect(error == nil || bound == .quota && error == .resourceExhausted)
      isRead.open()
      while await group.nextResult() != nil {}
    }
    // Without either C-core takes at least 4 MiB for each stream.
    #expect(unreadBytes.load(ordering: .relaxed) < 64 << 20)
    await server.shutdown(gracePeriod: .zero)
  }

  @Test("Nothing is compressed or asked to be, by default")
  func noCompression() async throws {
    let server = RawServer()
    let task = try call(server, Channel.Configuration())
    let headers = try #require(await server.firstFrame { $0.kind == .headers })
    #expect(!headers.contains("gzip") && !headers.contains("deflate"))
    task.cancel()
  }

  @Test("A connection whose other end has gone silent is given up by keep-alive")
  func deadConnection() async throws {
    let server = RawServer()
    var configuration = Channel.Configuration()
    configuration.keepalive = .init(time: .milliseconds(50), timeout: .milliseconds(50))
    let task = try call(server, configuration)
    #expect(await task.value?.code == .unavailable)
    _ = try #require(await server.firstFrame { $0.kind == .ping })
  }

  @Test("Pings that are answered keep a connection, with a call or without, as often as allowed")
  func pings() async throws {
    let server = RawServer(answersPings: true)
    var configuration = Channel.Configuration()
    configuration.keepalive = .init(
      time: .milliseconds(50),
      timeout: .seconds(60),
      allowWithoutCalls: true,
      maxPingsWithoutData: nil
    )
    let channel = try Channel(target: server.target, configuration: configuration)
    let error = await #expect(throws: RPCError.self) {
      try await channel.echo(options: CallOptions(timeout: .milliseconds(50)))
    }
    #expect(error?.code == .deadlineExceeded)
    // More than the two that go without data by default.
    for _ in 0..<4 { _ = try #require(await server.firstFrame { $0.kind == .ping && $0.flags == 0 }) }
    channel.close()
  }

  @Test("A server that finds the pings too many ends the connection, and the next call gets a new one")
  func tooManyPings() async throws {
    var configuration = Channel.Configuration()
    configuration.keepalive = .init(time: .milliseconds(20), maxPingsWithoutData: nil)
    try await withTestServer(channelConfiguration: configuration) { request, _ in
      if request.message.isEmpty { await waitForCancellation() }
      return ServerResponse(message: request.message)
    } body: { test in
      let error = await #expect(throws: RPCError.self) { try await test.call([]) }
      #expect(error?.code == .unavailable)
      #expect(error?.message.contains("Too many pings") == true, "\(String(describing: error))")
      let answer = try await test.call([1], options: CallOptions(waitForReady: true)).message
      #expect(answer == [1])
      await test.server.shutdown(gracePeriod: .zero)
    }
  }

  @Test("The first pause between attempts to connect is the initial backoff, bounded by the maximum")
  func backoff() async throws {
    try await withTestServer { gone in
      await gone.server.shutdown()
      func channel(initial: Duration, maximum: Duration) async throws -> Channel {
        var configuration = Channel.Configuration()
        configuration.backoff = .init(initial: initial, max: maximum)
        let channel = try Channel(target: gone.address.description, configuration: configuration)
        let error = await #expect(throws: RPCError.self) { try await channel.echo() }
        #expect(error?.code == .unavailable)
        return channel
      }
      let quick = try await channel(initial: .milliseconds(100), maximum: .seconds(600))
      let bounded = try await channel(initial: .seconds(600), maximum: .milliseconds(100))
      let slow = try await channel(initial: .seconds(600), maximum: .seconds(600))
      try await withTestServer(on: gone.address.description) { test in
        for channel in [quick, bounded] {
          let answer = try await channel.echo(options: CallOptions(waitForReady: true)).message
          #expect(answer == [1, 2, 3])
        }
        let error = await #expect(throws: RPCError.self) {
          try await slow.echo(options: CallOptions(timeout: .milliseconds(300), waitForReady: true))
        }
        #expect(error?.code == .deadlineExceeded)
      }
    }
  }

  @Test("A channel without calls closes its connection after the idle timeout")
  func idle() async throws {
    let server = RawServer()
    var configuration = Channel.Configuration()
    configuration.idleTimeout = .seconds(1)
    let channel = try Channel(target: server.target, configuration: configuration)
    let error = await #expect(throws: RPCError.self) {
      try await channel.echo(options: CallOptions(timeout: .milliseconds(50)))
    }
    #expect(error?.code == .deadlineExceeded)
    var isClosed = false
    for await event in server.events {
      guard case .closed = event else { continue }
      isClosed = true
      break
    }
    #expect(isClosed)
    channel.close()
  }

  @Test("An HTTP proxy is used if there is one, unless that is switched off", arguments: [true, false])
  func proxy(isUsed: Bool) async throws {
    try await withTestServer { test in
      let proxy = RawServer()
      var configuration = Channel.Configuration()
      configuration.usesHTTPProxy = isUsed
      configuration.additionalArguments["grpc.http_proxy"] = .string("http://127.0.0.1:\(proxy.port)")
      let channel = try Channel(target: test.address.description, configuration: configuration)
      if isUsed {
        let task = Task { await rpcError { try await channel.echo() } }
        for await case .bytes(_, let bytes) in proxy.events {
          let line = String(decoding: bytes, as: UTF8.self).prefix { $0 != "\r\n" }
          #expect(line == "CONNECT \(test.address) HTTP/1.0" || line == "CONNECT \(test.address) HTTP/1.1")
          break
        }
        task.cancel()
      } else {
        let answer = try await channel.echo().message
        #expect(answer == [1, 2, 3])
      }
    }
  }

  @Test("Channels share a connection, unless they have a pool of their own", arguments: [false, true])
  func subchannelPool(isLocal: Bool) async throws {
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = isLocal
    try await withTestServer(channelConfiguration: configuration) { _, context in
      ServerResponse(message: Array(context.remotePeer.utf8))
    } body: { test in
      let other = try Channel(target: test.address.description, configuration: configuration)
      let peers = [try await test.call().message, try await other.echo().message]
      #expect((peers[0] != peers[1]) == isLocal)
    }
  }

  @Test("Metadata over the limit is RESOURCE_EXHAUSTED, under a raised limit it arrives")
  func metadataSize() async throws {
    let text = String(repeating: "m", count: 12_000)
    var serverConfiguration = Server.Configuration()
    serverConfiguration.maxResponseMetadataBytes = 20_000
    try await withTestServer(configuration: serverConfiguration) { request, _ in
      ServerResponse(message: request.message, metadata: ["x-long": .string(text)])
    } body: { test in
      let error = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(error?.code == .resourceExhausted)
      var configuration = Channel.Configuration()
      configuration.maxResponseMetadataBytes = 20_000
      let channel = try Channel(target: test.address.description, configuration: configuration)
      let metadata = try await channel.echo().metadata
      #expect(metadata[stringValues: "x-long"] == [text])
    }
  }

  @Test("An additional argument wins over the setting")
  func additionalArguments() async throws {
    var configuration = Channel.Configuration()
    configuration.additionalArguments = ["grpc.max_send_message_length": 2]
    try await withTestServer(channelConfiguration: configuration) { test in
      let error = await #expect(throws: RPCError.self) { try await test.call([1, 2, 3]) }
      #expect(error?.code == .resourceExhausted)
    }
  }
}
