/// Health checks of a channel's servers.
///
/// The channel asks each server for its health by `grpc.health.v1.Health/Watch`, and sends calls to healthy servers
/// only. That works with ``LoadBalancingConfig/roundRobin`` and not with ``LoadBalancingConfig/pickFirst``. A server
/// without that method counts as healthy.
public struct HealthCheckConfig: Sendable, Hashable {
  /// The service whose health the channel asks for.
  ///
  /// Defaults to an empty name, which by convention stands for the whole server.
  public var serviceName: String

  /// Creates a config.
  public init(serviceName: String = "") { self.serviceName = serviceName }

  /// Creates the config from JSON; `nil` if the value is of another form.
  init?(value: JSONValue) {
    guard case .object(let object) = value else { return nil }
    switch object["serviceName"] {
    case nil: self.init()
    case .string(let name)?: self.init(serviceName: name)
    default: return nil
    }
  }

  var json: JSONValue { .object(["serviceName": .string(serviceName)]) }
}
