import CoreGRPC
import TestSupport
import Testing

@Suite("A server and a channel over a pair of sockets", .timeLimit(.minutes(5)))
struct InProcessTests {
  private func makeServer() -> Server {
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: request.message)
    }
    return Server(router: router)
  }

  @Test("Calls work without any port, and fail when the server has stopped")
  func calls() async throws {
    let server = makeServer()
    let channel = try server.makeInProcessChannel()
    let other = try server.makeInProcessChannel()
    for _ in 0..<100 {
      #expect(try await channel.echo([1]).message == [1])
      #expect(try await other.echo([2]).message == [2])
    }
    await server.shutdown()
    let error = await #expect(throws: RPCError.self) { try await channel.echo() }
    #expect(error?.code == .unavailable)
  }

  @Test("A server that listens is not started by a channel, and one that has stopped has none")
  func notRunning() async throws {
    let listening = makeServer()
    try listening.listen(on: ListenAddress("127.0.0.1:0"))
    let error = #expect(throws: RuntimeError.self) { try listening.makeInProcessChannel() }
    #expect(error?.code == .serverIsStopped)
    try listening.start()
    #expect(try await listening.makeInProcessChannel().echo([1]).message == [1])
    await listening.shutdown()
    for server in [listening, makeServer()] {
      await server.shutdown()
      #expect(throws: RuntimeError.self) { try server.makeInProcessChannel() }
    }
  }

  @Test("Channels that are made at the same time start a server once")
  func atOnce() async throws {
    let server = makeServer()
    try await withThrowingTaskGroup(of: [UInt8].self) { group in
      for index in UInt8(0)..<8 {
        group.addTask { try await server.makeInProcessChannel().echo([index]).message }
      }
      let answers = try await group.reduce(into: Set<[UInt8]>()) { $0.insert($1) }
      #expect(answers == Set((0..<8).map { [$0] }))
    }
    let error = #expect(throws: RuntimeError.self) { try server.start() }
    #expect(error?.message == "the server has been started before")
    await server.shutdown()
  }
}
