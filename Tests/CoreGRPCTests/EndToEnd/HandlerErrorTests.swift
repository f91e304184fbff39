import CoreGRPC
import Testing

@Suite("Errors of handlers", .timeLimit(.minutes(5)))
struct HandlerErrorTests {
  @Test("An RPCError arrives with its code, message and metadata", arguments: Status.Code.allCases.dropFirst())
  func rpcErrorArrives(statusCode: Status.Code) async throws {
    let code = try #require(RPCError.Code(statusCode))
    let thrown = RPCError(
      code: code,
      message: "grüße, 世界 %\n\t",
      metadata: ["x-a": "1", "x-a": "2", "x-b-bin": [0, 255, 1]]
    )
    let test = try TestServer { _, _ in throw thrown }
    let error = await rpcError { () async throws(RPCError) in try await test.call() }
    #expect(error == thrown)
    await test.server.shutdown()
  }

  @Test("Any other error is UNKNOWN, and its text stays on the server")
  func otherErrors() async throws {
    struct Secret: Error { let password = "hunter2" }
    let test = try TestServer { _, _ in throw Secret() }
    let error = await rpcError { () async throws(RPCError) in try await test.call() }
    #expect(error?.code == .unknown)
    #expect(error?.message.contains("hunter2") == false)
    await test.server.shutdown()
  }

  @Test("A request that cannot be deserialized is INTERNAL, and the next call works")
  func undecodableRequest() async throws {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: TestServer.echo,
      deserializer: PickyDeserializer(),
      serializer: IdentitySerializer(),
      handler: { request, _ in ServerResponse(message: request.message) }
    )
    let server = Server(router: router)
    let channel = try Channel(target: server.listen(on: ListenAddress("127.0.0.1:0")).description)
    try server.start()
    let error = await rpcError { () async throws(RPCError) in try await channel.echo([13]) }
    #expect(error?.code == .internalError)
    #expect(error?.message.contains("thirteen") == true)
    #expect(try await channel.echo([12]).message == [12])
    await server.shutdown()
  }

  @Test("Illegal metadata in a response is INTERNAL and names the key, not the value")
  func illegalMetadata() async throws {
    let test = try TestServer { request, _ in
      ServerResponse(message: request.message, trailingMetadata: ["x-token": "secret\n"])
    }
    let error = await rpcError { () async throws(RPCError) in try await test.call() }
    #expect(error?.code == .internalError)
    #expect(error?.message.contains("x-token") == true)
    #expect(error?.message.contains("secret") == false)
    await test.server.shutdown()
  }
}

private struct PickyDeserializer: MessageDeserializer {
  struct Unlucky: Error, CustomStringConvertible { let description = "thirteen is no message" }

  func deserialize(_ bytes: RawSpan) throws -> [UInt8] {
    let message = try IdentityDeserializer().deserialize(bytes)
    if message == [13] { throw Unlucky() }
    return message
  }
}
