import CoreGRPC
import TestSupport
import Testing

/// The initial metadata that a server sends before a status other than OK.
@Suite("Initial metadata of failed calls", .timeLimit(.minutes(5)))
struct FailedCallMetadataTests {
  private static let error = RPCError(
    code: .notFound,
    message: "none",
    metadata: ["x-trailing": "t", "x-many": "1", "x-many": "2"],
    initialMetadata: ["x-initial": "i", "x-bytes-bin": [0, 255]]
  )

  /// A method of each kind that throws the error, and one of each that throws it after its metadata has been sent.
  private static func router(sendsFirst: Bool) -> RPCRouter {
    var router = RPCRouter()
    router.registerHandler(forMethod: MetadataServer.Kind.unary.method) {
      (_: ServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in throw error
    }
    router.registerHandler(forMethod: MetadataServer.Kind.clientStreaming.method) {
      (_: StreamingServerRequest<[UInt8]>, _) -> ServerResponse<[UInt8]> in throw error
    }
    router.registerHandler(forMethod: MetadataServer.Kind.serverStreaming.method) { (_: ServerRequest<[UInt8]>, _) in
      guard sendsFirst else { throw error }
      return StreamingServerResponse<[UInt8]>(metadata: ["x-initial": "response"]) { _ in throw error }
    }
    router.registerHandler(forMethod: MetadataServer.Kind.bidirectional.method) {
      (_: StreamingServerRequest<[UInt8]>, _) in
      if sendsFirst {
        return StreamingServerResponse<[UInt8]>(metadata: ["x-initial": "response"]) { _ in throw error }
      }
      return StreamingServerResponse<[UInt8]>(error: error)
    }
    return router
  }

  private func withServer(
    sendsFirst: Bool = false,
    intercepted: Bool,
    _ body: (Channel) async throws -> Void
  ) async throws {
    let server = Server(
      router: Self.router(sendsFirst: sendsFirst),
      interceptors: intercepted ? [PassThrough()] : []
    )
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let interceptors: [any ClientInterceptor] = intercepted ? [PassThrough()] : []
    try await body(Channel(target: address.description, interceptors: interceptors))
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test(
    "The error has it, in all four kinds of call, with and without interceptors",
    arguments: MetadataServer.Kind.allCases,
    [false, true]
  )
  func received(kind: MetadataServer.Kind, intercepted: Bool) async throws {
    try await withServer(intercepted: intercepted) { channel in
      let error = await #expect(throws: RPCError.self) { try await channel.call(kind) }
      #expect(error == Self.error)
      #expect(error?.initialMetadata == Self.error.initialMetadata)
    }
  }

  @Test(
    "That of a response which was sent already stays",
    arguments: [MetadataServer.Kind.serverStreaming, .bidirectional]
  )
  func sentBefore(kind: MetadataServer.Kind) async throws {
    try await withServer(sendsFirst: true, intercepted: false) { channel in
      let error = await #expect(throws: RPCError.self) { try await channel.call(kind) }
      #expect(error == Self.error)
      #expect(error?.initialMetadata == ["x-initial": "response"])
    }
  }

  @Test("Without it there is none")
  func none() async throws {
    try await withTestServer { _, _ in
      throw RPCError(code: .notFound, message: "none")
    } body: { test in
      let error = await rpcError { try await test.call() }
      #expect(error?.initialMetadata == [:])
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }

  @Test("A handler that lets the error of its own call escape does not send it on")
  func downstream() async throws {
    try await withServer(intercepted: false) { channel in
      try await withTestServer { _, _ in
        try await ServerResponse(message: channel.call(.unary).message)
      } body: { gateway in
        let error = await #expect(throws: RPCError.self) { try await gateway.call() }
        #expect(error?.code == .internalError)
        #expect(error?.initialMetadata == [:])
        #expect(error?.metadata == [:])
        await gateway.server.shutdown(gracePeriod: .seconds(10))
      }
    }
  }

  @Test("A client's response that has failed, as an interceptor makes it")
  func failedResponse() async throws {
    let response = StreamingClientResponse(of: [UInt8].self, error: Self.error)
    #expect(response.metadata == Self.error.initialMetadata)
    #expect(await rpcError { try await ClientResponse(single: response) } == Self.error)
    #expect(await rpcError { try await response.trailingMetadata() } == Self.error)
  }
}
