import Compute
import CoreGRPC

/// The Compute service of another server, with the deadlines of the callers.
struct RelayService: Compute_Compute.ServiceProtocol {
  private let client: Compute_Compute.Client

  /// Creates a service that passes each call on.
  init(channel: Channel) { client = Compute_Compute.Client(channel: channel) }

  nonisolated(nonsending) func sayHello(
    request: ServerRequest<Compute_HelloRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Compute_HelloReply> {
    ServerResponse(message: try await client.sayHello(request.message))
  }
}
