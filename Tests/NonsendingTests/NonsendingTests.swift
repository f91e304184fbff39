import CoreGRPC
import Testing

/// The library in a module that enables `NonisolatedNonsendingByDefault`.
///
/// The compiler is half of these tests: they are to compile as they stand.
@Suite("Modules with NonisolatedNonsendingByDefault", .timeLimit(.minutes(5)))
struct NonsendingTests {
  private static let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Double")

  /// Calls a server that sends each message twice, with an interceptor on either end.
  private func withChannel(_ body: (Channel) async throws -> Void) async throws {
    var router = RPCRouter()
    router.registerHandler(
      forMethod: Self.method,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          for try await message in request.messages { try await writer.write(message + message) }
          return [:]
        }
      }
    )
    let server = Server(router: router, interceptors: [PassOn()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await body(Channel(target: address.description, interceptors: [PassOn()]))
    await server.shutdown(gracePeriod: .seconds(10))
  }

  @Test("A nonisolated function")
  func nonisolated() async throws {
    try await withChannel { channel in
      let tally = Tally()
      var count = 0
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in
          for message in [[1], [2, 2]] as [[UInt8]] { try await writer.write(message) }
        },
        descriptor: Self.method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      ) { response in
        for try await message in response.messages.mapMessages({ try await length(of: $0) }) {
          tally.sum += message
          count += 1
        }
      }
      #expect(tally.sum == 6)
      #expect(count == 2)
    }
  }

  @Test("The main actor")
  @MainActor
  func mainActor() async throws {
    try await withChannel { channel in
      let tally = Tally()
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest { writer in try await writer.write([1]) },
        descriptor: Self.method,
        serializer: IdentitySerializer(),
        deserializer: IdentityDeserializer()
      ) { response in
        for try await message in response.messages {
          MainActor.assertIsolated()
          tally.sum += message.count
        }
      }
      #expect(tally.sum == 2)
    }
  }

  private func length(of message: [UInt8]) async throws -> Int { message.count }
}

private final class Tally {
  var sum = 0
}

private struct PassOn: ClientInterceptor, ServerInterceptor {
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: @concurrent (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    try await next(request, context)
  }

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next:
      @concurrent @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<
        Output
      >
  ) async throws -> StreamingServerResponse<Output> {
    try await next(request, context)
  }
}
