/// The status of a service, as the health service tells it.
public struct ServingStatus: Sendable, Hashable, CustomStringConvertible {
  private enum Value: String, Sendable, Hashable {
    case serving = "SERVING"
    case notServing = "NOT_SERVING"
  }

  private let value: Value

  /// The service takes calls.
  public static var serving: Self { Self(value: .serving) }

  /// The service takes no calls: clients go elsewhere.
  public static var notServing: Self { Self(value: .notServing) }

  /// The status as the health checking protocol writes it: `SERVING` or `NOT_SERVING`.
  public var description: String { value.rawValue }

  var message: Grpc_Health_V1_HealthCheckResponse {
    Grpc_Health_V1_HealthCheckResponse(status: value == .serving ? .serving : .notServing)
  }
}
