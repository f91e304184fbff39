import CoreGRPC
import TestSupport
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
    try await withTestServer { _, _ in
      throw thrown
    } body: { test in
      let error = await rpcError { try await test.call() }
      #expect(error == thrown)
    }
  }

  @Test("Any other error is UNKNOWN, and its text stays on the server")
  func otherErrors() async throws {
    struct Secret: Error { let password = "hunter2" }
    try await withTestServer { _, _ in
      throw Secret()
    } body: { test in
      let error = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(error?.code == .unknown)
      #expect(error?.message.contains("hunter2") == false)
    }
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
    try await withShutdown(of: server) { () async throws in
      let error = await #expect(throws: RPCError.self) { try await channel.echo([13]) }
      #expect(error?.code == .internalError)
      #expect(error?.message.contains("thirteen") == true)
      #expect(try await channel.echo([12]).message == [12])
    }
  }

  @Test("Illegal metadata in a response is INTERNAL and names the key, not the value")
  func illegalMetadata() async throws {
    try await withTestServer { request, _ in
      ServerResponse(message: request.message, trailingMetadata: ["x-token": "secret\n"])
    } body: { test in
      let error = await #expect(throws: RPCError.self) { try await test.call() }
      #expect(error?.code == .internalError)
      #expect(error?.message.contains("x-token") == true)
      #expect(error?.message.contains("secret") == false)
    }
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
