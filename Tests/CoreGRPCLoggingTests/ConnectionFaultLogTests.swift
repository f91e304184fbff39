import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Faults of connections, and limits: one error each, with peer and cause.
extension LogHandlerTests {
  @Test("A client that pings too often is an error of the server's log, with its address")
  func serverSeesTooManyPings() async throws {
    var configuration = Server.Configuration()
    configuration.keepalive.maxPingStrikes = 1
    try await withTestServer(configuration: configuration) { test in
      let recorder = EventRecorder()
      let client = RawConnection(toPort: test.port)
      client.send((0..<20).map { HTTP2Frame.ping($0) })
      let event = await recorder.first { $0.message.hasPrefix("closed the connection of ipv4:127.0.0.1:") }
      recorder.stop()
      #expect(event?.level == .error)
      #expect(event?.message.hasSuffix(": it pings more often than the server's keepalive settings allow") == true)
      await client.closed()
    }
  }

  @Test(
    "A client that sends a header without an end is an error of the server's log",
    .enabled(if: !EngineCapabilities.current.limitsHeaderBlocks)
  )
  func serverSeesEndlessHeader() async throws {
    try await withTestServer { test in
      let recorder = EventRecorder()
      let client = RawConnection(toPort: test.port)
      let more = HTTP2Frame(kind: .continuation, stream: 1, payload: HTTP2Frame.fields([("x", "y")]))
      client.send([HTTP2Frame.request(stream: 1, flags: 0)] + [HTTP2Frame](repeating: more, count: 1_100))
      let event = await recorder.first { $0.message.hasSuffix("whose peer sent a header without an end") }
      recorder.stop()
      #expect(event?.level == .error)
      #expect(event?.message == "closed a connection, whose peer sent a header without an end")
      await client.closed()
    }
  }

  @Test("A server that finds the client's pings too many is an error of the client's log, with its address")
  func clientSeesTooManyPings() async throws {
    let listener = RawSocket.listening()
    Thread.detachNewThread {
      guard let connection = listener.accept() else { return }
      let goAway = HTTP2Frame.goAway(lastStream: 0, code: 11, text: "too_many_pings")
      connection.write(HTTP2Frame.settings().bytes + goAway.bytes)
      while connection.read() != nil {}
    }
    let recorder = EventRecorder()
    let channel = try Channel(target: "127.0.0.1:\(listener.port)")
    let connecting = Task { try await channel.connect() }
    let event = await recorder.first { $0.message.contains("too_many_pings") }
    recorder.stop()
    #expect(event?.level == .error)
    #expect(event?.message.hasPrefix("ipv4:127.0.0.1:\(listener.port): ") == true)
    channel.close()
    listener.shutDown()
    _ = await connecting.result
  }

  @Test(
    "A client that answers no ping is an error of the server's log, with its address",
    .enabled(if: EngineCapabilities.current.logsPingTimeouts)
  )
  func serverSeesNoPong() async throws {
    var configuration = Server.Configuration()
    configuration.keepalive.time = .milliseconds(50)
    configuration.keepalive.timeout = .milliseconds(50)
    configuration.keepalive.allowWithoutCalls = true
    try await withTestServer(configuration: configuration) { test in
      let recorder = EventRecorder()
      let client = RawConnection(toPort: test.port, answersPings: false)
      let event = await recorder.first { $0.message.hasPrefix("closed the connection with ipv4:127.0.0.1:") }
      recorder.stop()
      #expect(event?.level == .error)
      #expect(event?.message.hasSuffix(": no answer to a keep-alive ping within its timeout") == true)
      await client.closed()
    }
  }

  @Test(
    "A server that answers no ping is an error of the client's log, with its address",
    .enabled(if: EngineCapabilities.current.logsPingTimeouts)
  )
  func clientSeesNoPong() async throws {
    let listener = RawSocket.listening()
    Thread.detachNewThread {
      guard let connection = listener.accept() else { return }
      connection.write(HTTP2Frame.settings().bytes + HTTP2Frame(kind: .settings, flags: 1).bytes)
      while connection.read() != nil {}
    }
    var configuration = Channel.Configuration()
    configuration.keepalive = Channel.Configuration.Keepalive(
      time: .milliseconds(50),
      timeout: .milliseconds(50),
      allowWithoutCalls: true
    )
    let recorder = EventRecorder()
    let channel = try Channel(target: "127.0.0.1:\(listener.port)", configuration: configuration)
    let connecting = Task { try await channel.connect() }
    let event = await recorder.first { $0.message.contains("keep-alive") }
    recorder.stop()
    #expect(event?.level == .error)
    #expect(event?.message.hasPrefix("closed the connection with ipv4:127.0.0.1:\(listener.port): ") == true)
    channel.close()
    listener.shutDown()
    _ = await connecting.result
  }

  @Test("A failed handshake is an error of the client's log with the server's address, also where no call fails by it")
  func clientSeesFailedHandshake() async throws {
    let certificates = try await TestCertificates()
    let strangers = try await TestCertificates()
    let server = Server(services: [])
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: .tls(identity: certificates.server)
    )
    try server.start()
    try await withShutdown(of: server) {
      let recorder = EventRecorder()
      let channel = try Channel(target: address.description, credentials: .tls(trustRoots: strangers.trustRoots))
      let connecting = Task { try await channel.connect() }
      let event = await recorder.first { $0.message.hasPrefix("the connection to ") }
      recorder.stop()
      #expect(event?.level == .error)
      let port = try #require(address.port)
      #expect(event?.message.hasPrefix("the connection to ipv4:127.0.0.1:\(port) failed: ") == true)
      #expect(event?.message.contains("andshake failed") == true)
      channel.close()
      _ = await connecting.result
    }
  }

  @Test("A server that is full says so, with the client's address, and a flood of refused calls is a few lines")
  func callLimit() async throws {
    var configuration = Server.Configuration()
    configuration.maxConcurrentCalls = 1
    let held = HeldHandler()
    try await withTestServer(configuration: configuration, handler: held.handler) { test in
      let recorder = EventRecorder()
      func call() async -> RPCError? { await rpcError { try await test.call() } }
      async let first = call()
      await held.arrived.pass()
      let limitedBefore = ProcessStatistics.current.limitedLogLines
      for _ in 0..<200 { #expect(await call()?.code == .resourceExhausted) }
      held.proceed.open()
      #expect(await first == nil)
      recorder.stop()
      let lines = recorder.all.filter {
        $0.message.hasPrefix("refused a call of /test.Test/Echo from ipv4:127.0.0.1:")
      }
      #expect(lines.allSatisfy { $0.level == .error && $0.message.contains(": too many calls (RESOURCE_EXHAUSTED)") })
      #expect((1...20).contains(lines.count))
      #expect(ProcessStatistics.current.limitedLogLines - limitedBefore >= 180)
    }
  }

  @Test("Metadata beyond the limit is an error of the log, with the client's address")
  func metadataLimit() async throws {
    var configuration = Server.Configuration()
    configuration.maxRequestMetadataBytes = 1024
    try await withTestServer(configuration: configuration) { test in
      let recorder = EventRecorder()
      let client = RawConnection(toPort: test.port)
      let long = String(repeating: "x", count: 2_000)
      client.send(.request(stream: 1, path: "/test.Test/Echo", ("x-long", long)))
      client.send(.data(HTTP2Frame.message([]), stream: 1, flags: 1))
      let event = await recorder.first { $0.message.hasPrefix("refused a call of /test.Test/Echo from ipv4:") }
      recorder.stop()
      #expect(event?.level == .error)
      #expect(event?.message.contains(": metadata too large (RESOURCE_EXHAUSTED)") == true)
      client.close()
    }
  }

  @Test("A flood of one of C-core's errors is cut, and counted in the next line")
  func floodOfHandshakes() async throws {
    let certificates = try await TestCertificates()
    let server = Server(services: [])
    let address = try server.listen(
      on: .tcp(host: "127.0.0.1", port: 0),
      credentials: .tls(identity: certificates.server)
    )
    try server.start()
    try await withShutdown(of: server) {
      let port = Int(try #require(address.port))
      let recorder = EventRecorder()
      let before = ProcessStatistics.current.limitedLogLines
      for _ in 0..<100 {
        let client = RawConnection(toPort: port)
        await client.closed()
      }
      recorder.stop()
      let lines = recorder.all.filter { $0.message.hasPrefix("Handshake failed with ") }
      #expect(lines.count >= 5 && lines.count < 50)
      #expect(ProcessStatistics.current.limitedLogLines - before >= 50)
    }
  }
}
