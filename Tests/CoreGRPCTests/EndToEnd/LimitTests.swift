import CoreGRPC
import TestSupport
import Testing

@Suite("Limits of the server", .timeLimit(.minutes(5)))
struct LimitTests {
  @Test("A call over the limit of calls in progress is RESOURCE_EXHAUSTED; when one ends, there is room again")
  func concurrentCalls() async throws {
    var configuration = Server.Configuration()
    configuration.maxConcurrentCalls = 2
    let arrived = [Gate(), Gate()]
    let proceed = Gate()
    try await withTestServer(configuration: configuration) { request, _ in
      if request.message[0] < 2 {
        arrived[Int(request.message[0])].open()
        await proceed.pass()
      }
      return ServerResponse(message: request.message)
    } body: { (test) async throws in
      async let first = test.call([0])
      async let second = test.call([1])
      for gate in arrived { await gate.pass() }
      let error = await #expect(throws: RPCError.self) { try await test.call([2]) }
      #expect(error?.code == .resourceExhausted)
      proceed.open()
      #expect(try await first.message == [0])
      #expect(try await second.message == [1])
      // The server learns of the calls' end a little after their clients.
      var last: RPCError?
      repeat {
        last = await rpcError { try await test.call([3]) }
      } while last?.code == .resourceExhausted
      #expect(last == nil)
    }
  }

  @Test("Calls over the limit of one connection wait for their turn")
  func concurrentStreams() async throws {
    var configuration = Server.Configuration()
    configuration.maxConcurrentStreams = 3
    try await withTestServer(configuration: configuration) { test in
      let total = try await withThrowingTaskGroup(of: Int.self) { group in
        for _ in 0..<50 { group.addTask { try await test.call().message.count } }
        return try await group.reduce(0, +)
      }
      #expect(total == 150)
    }
  }

  @Test("A port in use is refused, and the error says so")
  func portInUse() async throws {
    try await withTestServer { test in
      let server = Server(services: [])
      let error = try #require(throws: RuntimeError.self) { try server.listen(on: test.address) }
      #expect(error.code == .transportError)
      #expect(error.message == "cannot listen on \(test.address): Address already in use")
      await server.shutdown()
    }
  }

  @Test("Two servers share a port when both ask for it")
  func portReuse() async throws {
    var configuration = Server.Configuration()
    configuration.allowsPortReuse = true
    try await withTestServer(configuration: configuration) { one in
      try await withTestServer(on: one.address.description, configuration: configuration) { (other) async throws in
        #expect(try await other.call().message == [1, 2, 3])
      }
    }
  }

  @Test("An address that is not this machine's, or has no name, is refused and named")
  func foreignAddress() async throws {
    for address in ["192.0.2.1:0", "no-such-host.invalid:0", "unix:/no/such/folder/socket"] {
      let server = Server(services: [])
      let error = try #require(throws: RuntimeError.self) { try server.listen(on: ListenAddress(address)) }
      #expect(error.code == .transportError)
      #expect(error.message.hasPrefix("cannot listen on \(address): "), "\(error)")
      #expect(!error.message.contains("{"), "\(error)")
      await server.shutdown()
    }
  }

  @Test("A listener cannot be added to a server that runs")
  func listenTooLate() async throws {
    try await withTestServer { test in
      let error = try #require(throws: RuntimeError.self) { try test.server.listen(on: ListenAddress("127.0.0.1:0")) }
      #expect(error.code == .serverIsAlreadyRunning)
    }
  }
}
