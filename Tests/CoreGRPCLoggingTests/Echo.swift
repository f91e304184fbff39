import CoreGRPC
import TestSupport
import Testing

/// A server with one unary and one streaming method of the test's making, and a channel to it.
struct Echo: Sendable {
  let server: Server
  let address: ListenAddress
  let channel: Channel

  static let unary = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Unary")
  static let stream = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Stream")

  /// - Parameter answer: What both methods answer.
  init(answer: @escaping @Sendable () throws -> ServerResponse<[UInt8]> = { ServerResponse(message: []) }) throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: Self.unary) { (_: ServerRequest<[UInt8]>, _) in try answer() }
    router.registerHandler(forMethod: Self.stream) { (_: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse { _ in try answer().trailingMetadata }
    }
    server = Server(router: router)
    address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    channel = try Channel(target: address.description)
  }

  /// The error that a call ends with, or `nil` if it succeeds.
  func error(of method: MethodDescriptor, metadata: Metadata = [:]) async -> RPCError? {
    await rpcError {
      try await channel.bidirectionalStreaming(
        request: StreamingClientRequest(single: ClientRequest(message: [], metadata: metadata)),
        descriptor: method
      ) { (response: StreamingClientResponse<[UInt8]>) in
        for try await _ in response.messages {}
        _ = try await response.trailingMetadata()
      }
    }
  }
}

/// Runs `body` with an ``Echo``, which is shut down also when `body` throws.
func withEcho<Result>(
  answer: @escaping @Sendable () throws -> ServerResponse<[UInt8]> = { ServerResponse(message: []) },
  body: (Echo) async throws -> Result
) async throws -> Result {
  let echo = try Echo(answer: answer)
  return try await withShutdown(of: echo.server) { try await body(echo) }
}
