public import CoreGRPC
import CoreGRPCProtobuf

extension Compute_Compute {
  /// The service with metadata: implement it to see the client's metadata, or to send some.
  public protocol ServiceProtocol: RegistrableRPCService {
    /// Answers the number of Unicode code points in the text, in decimal.
    func sayHello(
      request: ServerRequest<Compute_HelloRequest>,
      context: ServerContext
    ) async throws -> ServerResponse<Compute_HelloReply>
  }

  /// The service with messages alone: what most services want to implement.
  public protocol SimpleServiceProtocol: ServiceProtocol {
    /// Answers the number of Unicode code points in the text, in decimal.
    func sayHello(request: Compute_HelloRequest, context: ServerContext) async throws -> Compute_HelloReply
  }
}

extension Compute_Compute.ServiceProtocol {
  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(
      forMethod: Compute_Compute.Method.SayHello.descriptor,
      deserializer: ProtobufDeserializer<Compute_HelloRequest>(),
      serializer: ProtobufSerializer<Compute_HelloReply>(),
      handler: { request, context in try await self.sayHello(request: request, context: context) }
    )
  }
}

extension Compute_Compute.SimpleServiceProtocol {
  /// Passes the message on and answers without metadata.
  public func sayHello(
    request: ServerRequest<Compute_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Compute_HelloReply> {
    ServerResponse(message: try await sayHello(request: request.message, context: context))
  }
}
