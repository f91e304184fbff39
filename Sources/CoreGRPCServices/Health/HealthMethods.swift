import CoreGRPC

/// The methods of the health service.
///
/// They run on polling threads, and so must never block: each asks the statuses under a lock that is held shortly.
struct HealthMethods: Grpc_Health_V1_Health.ServiceProtocol {
  /// The largest number of services that `List` answers: see gRFC A90.
  private static let longestList = 100

  /// The length of the longest name of an unknown service that a client may watch, in bytes of UTF-8.
  ///
  /// A watch keeps the name, which the client has chosen. gRPC for C++ has the same limit.
  private static let longestName = 200

  let statuses: HealthStatuses

  nonisolated(nonsending) func check(
    request: ServerRequest<Grpc_Health_V1_HealthCheckRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Health_V1_HealthCheckResponse> {
    guard let status = statuses.status(ofService: request.message.service) else {
      throw RPCError(code: .notFound, message: "the service has no status")
    }
    return ServerResponse(message: (context.isOfStoppingServer ? .notServing : status).message)
  }

  nonisolated(nonsending) func list(
    request: ServerRequest<Grpc_Health_V1_HealthListRequest>,
    context: ServerContext
  ) async throws -> ServerResponse<Grpc_Health_V1_HealthListResponse> {
    let all = statuses.all
    guard all.count <= Self.longestList else {
      let message = "\(all.count) services have a status, more than the \(Self.longestList) that a list may have"
      throw RPCError(code: .resourceExhausted, message: message)
    }
    let isStopping = context.isOfStoppingServer
    let statuses = all.mapValues { (isStopping ? .notServing : $0).message }
    return ServerResponse(message: Grpc_Health_V1_HealthListResponse(statuses: statuses))
  }

  func watch(
    request: ServerRequest<Grpc_Health_V1_HealthCheckRequest>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Grpc_Health_V1_HealthCheckResponse> {
    let service = request.message.service
    if service.utf8.count > Self.longestName, statuses.status(ofService: service) == nil {
      let message = "an unknown service's name of \(service.utf8.count) bytes, more than \(Self.longestName)"
      throw RPCError(code: .invalidArgument, message: message)
    }
    return StreamingServerResponse { [statuses, cancellation = context.cancellation] writer in
      let number = statuses.beginWatch(ofService: service)
      defer { statuses.remove(number) }
      return try await withRPCCancellationHandler(of: cancellation) {
        while true {
          switch await statuses.nextNews(for: number, isServerStopping: { cancellation.reason == .serverShutdown }) {
          case .status(let status?): try await writer.write(status.message)
          case .status(nil): try await writer.write(Grpc_Health_V1_HealthCheckResponse(status: .serviceUnknown))
          case .shutdown: throw RPCError(code: .unavailable, message: "the server is shutting down")
          case .cancelled: throw CancellationError()
          }
        }
      } onCancelRPC: {
        // For any other reason the task is cancelled, too.
        if cancellation.reason == .serverShutdown { statuses.endForShutdown(number) }
      }
    }
  }
}

extension ServerContext {
  /// Whether the server has begun to shut down.
  fileprivate var isOfStoppingServer: Bool { cancellation.reason == .serverShutdown }
}
