/// Has a channel ask each server for its health by `grpc.health.v1.Health/Watch`, and send calls to healthy ones only.
///
/// It works with ``LoadBalancingConfig/roundRobin`` and not with ``LoadBalancingConfig/pickFirst``. A server without that
/// method counts as healthy.
public struct HealthCheckConfig: Sendable, Hashable {
  /// The service whose health is asked for; empty, by custom, for the whole server's.
  public var serviceName: String

  /// Creates a config.
  public init(serviceName: String = "") { self.serviceName = serviceName }

  var json: JSONValue { .object(["serviceName": .string(serviceName)]) }
}
