import CoreGRPC
import TestSupport

@testable import CoreGRPCServices

/// A server with a health service and a ``ByteService``, and a channel to it.
struct HealthServer: Sendable {
  let server: Server
  let health: HealthService
  let address: ListenAddress
  let channel: Channel

  var client: Grpc_Health_V1_Health.Client { Grpc_Health_V1_Health.Client(channel: channel) }

  init(
    health: HealthService = HealthService(),
    configuration: Server.Configuration = Server.Configuration(),
    interceptors: [any ServerInterceptor] = [],
    bytes: ByteService = ByteService()
  ) throws {
    LeakCheck.waitAtExit()
    self.health = health
    server = Server(services: [bytes, health], configuration: configuration, interceptors: interceptors)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    channel = try Channel(target: address.description)
  }

  /// Asks for the status of a service.
  func check(_ service: String = "") async throws -> Grpc_Health_V1_HealthCheckResponse.ServingStatus {
    try await client.check(Grpc_Health_V1_HealthCheckRequest(service: service)).status
  }

  /// Asks for the statuses of all services.
  func list() async throws -> [String: Grpc_Health_V1_HealthCheckResponse.ServingStatus] {
    try await client.list(Grpc_Health_V1_HealthListRequest()).statuses.mapValues(\.status)
  }

  /// Watches a service.
  nonisolated(nonsending) func watch<Result: Sendable>(
    _ service: String = "",
    options: CallOptions = .defaults,
    body: nonisolated(nonsending) (inout Statuses) async throws -> Result
  ) async throws -> Result {
    try await client.watch(Grpc_Health_V1_HealthCheckRequest(service: service), options: options) { messages in
      var statuses = Statuses(iterator: messages.makeAsyncIterator())
      return try await body(&statuses)
    }
  }

  /// The statuses that a watch gets.
  struct Statuses {
    var iterator: RPCAsyncSequence<Grpc_Health_V1_HealthCheckResponse>.AsyncIterator

    mutating func next() async throws -> Grpc_Health_V1_HealthCheckResponse.ServingStatus? {
      try await iterator.next()?.status
    }
  }
}

/// Runs `body` with a ``HealthServer``, which is shut down also when `body` throws.
func withHealthServer<Result>(
  health: HealthService = HealthService(),
  configuration: Server.Configuration = Server.Configuration(),
  interceptors: [any ServerInterceptor] = [],
  bytes: ByteService = ByteService(),
  body: (HealthServer) async throws -> Result
) async throws -> Result {
  let test = try HealthServer(health: health, configuration: configuration, interceptors: interceptors, bytes: bytes)
  return try await withShutdown(of: test.server) { try await body(test) }
}
