import CoreGRPC
import Testing

@Suite("A server and a channel over a pair of sockets", .timeLimit(.minutes(5)))
struct InProcessTests {
  private func makeServer() -> Server {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: TestServer.echo,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
    )
    return Server(router: router)
  }

  @Test("Calls work without any port, and fail when the server has stopped")
  func calls() async throws {
    let server = makeServer()
    try server.start()
    let channel = try server.makeInProcessChannel()
    let other = try server.makeInProcessChannel()
    for _ in 0..<100 {
      #expect(try await channel.echo([1]).message == [1])
      #expect(try await other.echo([2]).message == [2])
    }
    await server.shutdown()
    let error = await rpcError { () async throws(RPCError) in try await channel.echo() }
    #expect(error?.code == .unavailable)
  }

  @Test("A server that does not run has no channel")
  func notRunning() async throws {
    let server = makeServer()
    #expect(throws: ServerError.self) { try server.makeInProcessChannel() }
    try server.start()
    await server.shutdown()
    #expect(throws: ServerError.self) { try server.makeInProcessChannel() }
  }
}
