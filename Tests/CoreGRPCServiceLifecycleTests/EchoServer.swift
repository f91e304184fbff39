import CoreGRPC
import TestSupport

/// The server under test: its one method runs the test's handler and answers what it was sent.
enum EchoServer {
  static let method = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")

  static func make(handler: @escaping @Sendable () async -> Void = {}) -> Server {
    var router = RPCRouter()
    router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
      await handler()
      return ServerResponse(message: request.message)
    }
    return Server(router: router)
  }
}

extension Channel {
  /// Calls ``EchoServer/method``, or another one with bytes both ways.
  func echo(
    _ message: [UInt8] = [1, 2, 3],
    method: MethodDescriptor = EchoServer.method
  ) async throws(RPCError) -> [UInt8] {
    try await unary(request: ClientRequest(message: message), descriptor: method).message
  }
}
