public import CoreGRPC
import CoreGRPCProtobuf

extension Compute_Compute {
  /// Calls the service `compute.Compute`.
  public struct Client: Sendable {
    private let channel: Channel

    /// Creates a client that makes its calls on `channel`.
    public init(channel: Channel) { self.channel = channel }

    /// Answers the number of Unicode code points in the text, in decimal.
    public func sayHello(
      _ message: Compute_HelloRequest,
      metadata: Metadata = [:],
      options: CallOptions = .defaults
    ) async throws(RPCError) -> Compute_HelloReply {
      try await sayHello(request: ClientRequest(message: message, metadata: metadata), options: options).message
    }

    /// Answers the number of Unicode code points in the text, in decimal.
    ///
    /// With the metadata of both directions.
    public func sayHello(
      request: ClientRequest<Compute_HelloRequest>,
      options: CallOptions = .defaults
    ) async throws(RPCError) -> ClientResponse<Compute_HelloReply> {
      try await channel.unary(
        request: request,
        descriptor: Method.SayHello.descriptor,
        serializer: ProtobufSerializer<Compute_HelloRequest>(),
        deserializer: ProtobufDeserializer<Compute_HelloReply>(),
        options: options
      )
    }
  }
}
