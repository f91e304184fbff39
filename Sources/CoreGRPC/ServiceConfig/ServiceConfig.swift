/// The timeouts, retries and sizes of a channel's methods, and its load balancing.
///
/// ```swift
/// let retries = RetryPolicy(maxAttempts: 3, initialBackoff: .milliseconds(100), retryableStatusCodes: [.unavailable])
/// var configuration = Channel.Configuration()
/// configuration.serviceConfig = ServiceConfig(
///   methodConfig: [
///     MethodConfig(names: [.all], timeout: .seconds(10)),
///     MethodConfig(names: [.service("greeter.Greeter")], timeout: .seconds(2), retryPolicy: retries),
///   ],
///   loadBalancingConfig: [.roundRobin]
/// )
/// ```
///
/// The format is that of <https://github.com/grpc/grpc/blob/master/doc/service_config.md>. A channel checks its config
/// when it is created, and so does ``json``. As `Codable` the config has the same format: any JSON decoder reads it.
public struct ServiceConfig: Sendable, Hashable {
  /// The settings of methods.
  ///
  /// For each method the settings with the closest name apply: the method's own, else its service's, else those of
  /// ``MethodConfig/Name/all``. They are not combined.
  public var methodConfig: [MethodConfig] { didSet { text = nil } }

  /// The load-balancing policies, in order of preference.
  ///
  /// C-core uses the first that it knows. With none it is ``LoadBalancingConfig/pickFirst``.
  public var loadBalancingConfig: [LoadBalancingConfig] { didSet { text = nil } }

  /// The condition under which the channel stops retrying; `nil` for never.
  public var retryThrottling: RetryThrottling? { didSet { text = nil } }

  /// The health checks of servers; `nil` for none.
  public var healthCheckConfig: HealthCheckConfig? { didSet { text = nil } }

  /// The members of the JSON that have no property here.
  private var others = JSONObject()

  /// The JSON that the config was made of, until a property is set.
  private var text: String?

  /// Creates a config.
  ///
  /// - Parameters:
  ///   - methodConfig: Settings of methods. For each method the settings with the closest name apply: the method's own,
  ///     else its service's, else those of ``MethodConfig/Name/all``. They are not combined.
  ///   - loadBalancingConfig: Policies in order of preference. C-core uses the first that it knows. Defaults to
  ///     ``LoadBalancingConfig/pickFirst``.
  ///   - retryThrottling: The condition under which the channel stops retrying. Defaults to `nil`: never.
  ///   - healthCheckConfig: The health checks of servers. Defaults to `nil`: none.
  public init(
    methodConfig: [MethodConfig] = [],
    loadBalancingConfig: [LoadBalancingConfig] = [],
    retryThrottling: RetryThrottling? = nil,
    healthCheckConfig: HealthCheckConfig? = nil
  ) {
    self.methodConfig = methodConfig
    self.loadBalancingConfig = loadBalancingConfig
    self.retryThrottling = retryThrottling
    self.healthCheckConfig = healthCheckConfig
  }

  /// Creates a config from JSON.
  ///
  /// The config keeps the settings without a property here, also when a property is set. If the JSON cannot be read,
  /// the properties have their defaults, and creating a channel with the config throws; setting a property then
  /// replaces the JSON.
  ///
  /// The library keeps the timeouts of methods itself, as those of ``MethodConfig``: C-core 1.51 ends calls one to two
  /// seconds before its own timeouts, and immediately when they are shorter. It does so with timeouts from the name's
  /// resolver and from xDS (`max_stream_duration`).
  ///
  /// - Parameter json: The config.
  public init(json: String) {
    self = JSONReader.value(of: json).flatMap(Self.init(value:)) ?? ServiceConfig()
    text = json
  }

  /// The config as JSON; as it was given to ``init(json:)``, if no property was set since.
  ///
  /// - Throws: ``RuntimeError/Code/invalidArgument``, with the name of the wrong field.
  public var json: String {
    get throws(RuntimeError) {
      if let text { return text }
      return try makeJSON(methodConfig).description
    }
  }

  /// The config without the timeouts of methods, which C-core would not keep; for a config whose ``json`` can be made.
  var jsonForCore: String {
    if let text { return MethodTimeouts.taken(from: text)?.rest ?? text }
    let methods = methodConfig.map { config in
      var config = config
      config.timeout = nil
      return config
    }
    return (try? makeJSON(methods).description) ?? ""
  }

  /// The timeouts of methods.
  var timeouts: MethodTimeouts {
    if let text { return MethodTimeouts.taken(from: text)?.timeouts ?? MethodTimeouts() }
    var timeouts = MethodTimeouts()
    for config in methodConfig { timeouts.add(config) }
    return timeouts
  }

  private func makeJSON(_ methodConfig: [MethodConfig]) throws(RuntimeError) -> JSONValue {
    var object = JSONObject()
    var methods: [JSONValue] = []
    var names: Set<MethodConfig.Name> = []
    for (index, config) in methodConfig.enumerated() {
      let field = "methodConfig[\(index)]"
      methods.append(try config.json(field: field))
      for (index, name) in config.names.enumerated() where !names.insert(name).inserted {
        throw RuntimeError(invalid: "\(field).name[\(index)]", "has settings twice")
      }
    }
    if !methods.isEmpty { object.add("methodConfig", .array(methods)) }
    var policies: [JSONValue] = []
    for (index, policy) in loadBalancingConfig.enumerated() {
      policies.append(try policy.json(field: "loadBalancingConfig[\(index)]"))
    }
    if !policies.isEmpty { object.add("loadBalancingConfig", .array(policies)) }
    if let retryThrottling { object.add("retryThrottling", try retryThrottling.json(field: "retryThrottling")) }
    if let healthCheckConfig { object.add("healthCheckConfig", healthCheckConfig.json) }
    return .object(object + others)
  }
}

extension ServiceConfig {
  /// Creates the config from JSON; `nil` if a member that has a property is not of the form that it must have.
  fileprivate init?(value: JSONValue) {
    guard case .object(let object) = value, object.hasUniqueNames else { return nil }
    self.init()
    for member in object.members {
      switch (member.name, member.value) {
      case ("methodConfig", .array(let values)):
        let configs = values.compactMap(MethodConfig.init(value:))
        guard configs.count == values.count else { return nil }
        methodConfig = configs
      case ("loadBalancingConfig", .array(let values)):
        let policies = values.compactMap(LoadBalancingConfig.init(value:))
        guard policies.count == values.count else { return nil }
        loadBalancingConfig = policies
      case ("retryThrottling", let value):
        guard let throttling = RetryThrottling(value: value) else { return nil }
        retryThrottling = throttling
      case ("healthCheckConfig", let value):
        guard let config = HealthCheckConfig(value: value) else { return nil }
        healthCheckConfig = config
      case ("methodConfig", _), ("loadBalancingConfig", _): return nil
      default: others.add(member.name, member.value)
      }
    }
  }
}

extension ServiceConfig: Codable {
  /// Reads a config as gRPC writes it.
  ///
  /// - Parameter decoder: The decoder.
  /// - Throws: `DecodingError`, if it is not a service config.
  public init(from decoder: any Decoder) throws {
    guard let config = Self(value: try JSONValue(from: decoder)) else {
      let problem = "not a service config of gRPC"
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: problem))
    }
    self = config
  }

  /// Writes the config as gRPC reads it.
  ///
  /// - Parameter encoder: The encoder.
  /// - Throws: ``RuntimeError/Code/invalidArgument``, with the name of the wrong field, and the encoder's errors.
  public func encode(to encoder: any Encoder) throws {
    let json = try json
    guard let value = JSONReader.value(of: json) else {
      throw RuntimeError(code: .invalidArgument, message: "the service config is not valid JSON")
    }
    try value.encode(to: encoder)
  }
}
