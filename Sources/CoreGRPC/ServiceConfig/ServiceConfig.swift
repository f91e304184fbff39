/// How a channel makes its calls unless their own options say otherwise: timeouts, retries, sizes, and how they are
/// spread over servers.
///
/// ```swift
/// let retries = RetryPolicy(maxAttempts: 3, initialBackoff: .milliseconds(100), retryableStatusCodes: [.unavailable])
/// var configuration = Channel.Configuration()
/// configuration.serviceConfig = try ServiceConfig(
///   methodConfig: [
///     MethodConfig(names: [.all], timeout: .seconds(10)),
///     MethodConfig(names: [.service("greeter.Greeter")], timeout: .seconds(2), retryPolicy: retries),
///   ],
///   loadBalancingConfig: [.roundRobin]
/// )
/// ```
///
/// It is checked when it is made. The format is that of
/// <https://github.com/grpc/grpc/blob/master/doc/service_config.md>.
public struct ServiceConfig: Sendable, Hashable {
  /// The config as JSON.
  public let json: String

  /// The config without the timeouts.
  let jsonForCore: String
  let timeouts: MethodTimeouts

  /// Creates a config.
  ///
  /// - Parameters:
  ///   - methodConfig: Settings of methods. For each method those count whose name fits it closest: the method's own, else
  ///     its service's, else those of ``MethodConfig/Name/all``. They are not combined.
  ///   - loadBalancingConfig: Policies in order of preference: the first that C-core knows is used. Without any it is
  ///     ``LoadBalancingConfig/pickFirst``.
  ///   - retryThrottling: When the channel stops to retry; `nil` for never.
  ///   - healthCheckConfig: Whether the servers are asked for their health, and calls sent to healthy ones only.
  /// - Throws: ``RPCError/Code/invalidArgument``, with the name of the field that is wrong.
  public init(
    methodConfig: [MethodConfig] = [],
    loadBalancingConfig: [LoadBalancingConfig] = [],
    retryThrottling: RetryThrottling? = nil,
    healthCheckConfig: HealthCheckConfig? = nil
  ) throws(RPCError) {
    var object = JSONObject()
    var objectForCore = JSONObject()
    var timeouts = MethodTimeouts()
    var methods: [JSONValue] = []
    var methodsForCore: [JSONValue] = []
    var names: Set<MethodConfig.Name> = []
    for (index, config) in methodConfig.enumerated() {
      let field = "methodConfig[\(index)]"
      methods.append(try config.json(field: field))
      var config = config
      timeouts.add(config)
      config.timeout = nil
      methodsForCore.append(try config.json(field: field))
      for (index, name) in config.names.enumerated() where !names.insert(name).inserted {
        throw RPCError(invalid: "\(field).name[\(index)]", "has settings twice")
      }
    }
    if !methods.isEmpty {
      object.add("methodConfig", .array(methods))
      objectForCore.add("methodConfig", .array(methodsForCore))
    }
    var rest = JSONObject()
    var policies: [JSONValue] = []
    for (index, policy) in loadBalancingConfig.enumerated() {
      policies.append(try policy.json(field: "loadBalancingConfig[\(index)]"))
    }
    if !policies.isEmpty { rest.add("loadBalancingConfig", .array(policies)) }
    if let retryThrottling { rest.add("retryThrottling", try retryThrottling.json(field: "retryThrottling")) }
    if let healthCheckConfig { rest.add("healthCheckConfig", healthCheckConfig.json) }
    self.json = JSONValue.object(object + rest).description
    self.jsonForCore = JSONValue.object(objectForCore + rest).description
    self.timeouts = timeouts
  }

  /// Takes over a config in JSON, for what has no type here.
  ///
  /// A channel with a config that C-core cannot read fails to be created. The timeouts of methods are kept by this library, as those
  /// of ``MethodConfig``: C-core 1.51 ends calls one to two seconds before its own timeouts, and at once when they are shorter. So it
  /// does with those that it learns by itself, from the name's resolver or as xDS's `max_stream_duration`.
  public init(json: String) {
    self.json = json
    if let (timeouts, rest) = MethodTimeouts.taken(from: json) {
      self.jsonForCore = rest
      self.timeouts = timeouts
    } else {
      self.jsonForCore = json
      self.timeouts = MethodTimeouts()
    }
  }
}
