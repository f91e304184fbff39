package import CoreGRPC

/// A client of a server's health service, for the programs of this package.
package struct HealthClient {
  private let client: Grpc_Health_V1_Health.Client

  /// Creates a client that makes its calls on `channel`.
  package init(channel: Channel) { client = Grpc_Health_V1_Health.Client(channel: channel) }

  /// Asks for the status of a service, once.
  ///
  /// - Parameters:
  ///   - service: The full name of the service; empty for the whole server.
  ///   - options: The options of the call.
  /// - Returns: The status as the protocol writes it, such as `SERVING`.
  /// - Throws: ``CoreGRPC/RPCError``, with the code NOT_FOUND for a service without a status.
  package func check(_ service: String, options: CallOptions) async throws(RPCError) -> String {
    Self.text(try await client.check(Grpc_Health_V1_HealthCheckRequest(service: service), options: options))
  }

  /// Watches the status of a service until the server or an error ends that.
  ///
  /// - Parameters:
  ///   - service: The full name of the service; empty for the whole server.
  ///   - options: The options of the call.
  ///   - onStatus: Gets the first status, and each further one.
  /// - Throws: ``CoreGRPC/RPCError``, or the error of `onStatus`.
  package func watch(_ service: String, options: CallOptions, onStatus: (String) throws -> Void) async throws {
    try await client.watch(Grpc_Health_V1_HealthCheckRequest(service: service), options: options) { statuses in
      for try await status in statuses { try onStatus(Self.text(status)) }
    }
  }

  private static func text(_ response: Grpc_Health_V1_HealthCheckResponse) -> String {
    switch response.status {
    case .unknown: "UNKNOWN"
    case .serving: "SERVING"
    case .notServing: "NOT_SERVING"
    case .serviceUnknown: "SERVICE_UNKNOWN"
    case .unrecognized(let number): "\(number)"
    }
  }
}
