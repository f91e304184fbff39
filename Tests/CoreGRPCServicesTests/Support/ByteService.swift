import CoreGRPC
import TestSupport

/// A service of one method, with a handler of the test's choice.
struct ByteService: RegistrableRPCService {
  typealias Handler = @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws -> ServerResponse<[UInt8]>

  static let method = MethodDescriptor(fullyQualifiedService: "test.Bytes", method: "Send")

  let handler: Handler

  init(handler: @escaping Handler = { request, _ in ServerResponse(message: request.message) }) {
    self.handler = handler
  }

  func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(forMethod: Self.method, handler: handler)
  }
}

extension Channel {
  /// Calls the method of ``ByteService``.
  func send(_ message: [UInt8] = [1], options: CallOptions = .defaults) async throws -> [UInt8] {
    try await unary(request: ClientRequest(message: message), descriptor: ByteService.method, options: options).message
  }
}
