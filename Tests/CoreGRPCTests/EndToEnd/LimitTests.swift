import CoreGRPC
import TestSupport
import Testing

@Suite("Limits of the server", .timeLimit(.minutes(5)))
struct LimitTests {
  @Test("A call over the limit of calls in progress is RESOURCE_EXHAUSTED; when one ends, there is room again")
  func concurrentCalls() async throws {
    var configuration = Server.Configuration()
    configuration.maximumConcurrentCalls = 2
    let arrived = [Gate(), Gate()]
    let proceed = Gate()
    let test = try TestServer(configuration: configuration) { request, _ in
      if request.message[0] < 2 {
        arrived[Int(request.message[0])].open()
        await proceed.pass()
      }
      return ServerResponse(message: request.message)
    }
    async let first = test.call([0])
    async let second = test.call([1])
    for gate in arrived { await gate.pass() }
    let error = await rpcError { () async throws(RPCError) in try await test.call([2]) }
    #expect(error?.code == .resourceExhausted)
    proceed.open()
    #expect(try await first.message == [0])
    #expect(try await second.message == [1])
    // The server learns of the calls' end a little after their clients.
    var last: RPCError?
    repeat {
      last = await rpcError { () async throws(RPCError) in try await test.call([3]) }
    } while last?.code == .resourceExhausted
    #expect(last == nil)
    await test.server.shutdown()
  }

  @Test("Calls over the limit of one connection wait for their turn")
  func concurrentStreams() async throws {
    var configuration = Server.Configuration()
    configuration.maximumConcurrentStreamsPerConnection = 3
    let test = try TestServer(configuration: configuration)
    let total = try await withThrowingTaskGroup(of: Int.self) { group in
      for _ in 0..<50 { group.addTask { try await test.call().message.count } }
      return try await group.reduce(0, +)
    }
    #expect(total == 150)
    await test.server.shutdown()
  }

  @Test("A port in use is refused, and the error says so")
  func portInUse() async throws {
    let test = try TestServer()
    let server = Server(services: [])
    let error = try #require(throws: ServerError.self) { try server.listen(on: test.address) }
    #expect(error.code == .cannotListen)
    #expect(error.message == "cannot listen on \(test.address): Address already in use")
    await server.shutdown()
    await test.server.shutdown()
  }

  @Test("Two servers share a port when both ask for it")
  func portReuse() async throws {
    var configuration = Server.Configuration()
    configuration.allowsPortReuse = true
    let one = try TestServer(configuration: configuration)
    let other = try TestServer(on: one.address.description, configuration: configuration)
    #expect(try await other.call().message == [1, 2, 3])
    await one.server.shutdown()
    await other.server.shutdown()
  }

  @Test("An address that is not this machine's, or has no name, is refused and named")
  func foreignAddress() async throws {
    for address in ["192.0.2.1:0", "no-such-host.invalid:0", "unix:/no/such/folder/socket"] {
      let server = Server(services: [])
      let error = try #require(throws: ServerError.self) { try server.listen(on: ListenAddress(address)) }
      #expect(error.code == .cannotListen)
      #expect(error.message.hasPrefix("cannot listen on \(address): "), "\(error)")
      #expect(!error.message.contains("{"), "\(error)")
      await server.shutdown()
    }
  }

  @Test("A listener cannot be added to a server that runs")
  func listenTooLate() async throws {
    let test = try TestServer()
    let error = try #require(throws: ServerError.self) { try test.server.listen(on: ListenAddress("127.0.0.1:0")) }
    #expect(error.code == .wrongState)
    await test.server.shutdown()
  }
}
