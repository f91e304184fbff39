/// The policy that distributes calls over the addresses of a channel's target.
///
/// Engines differ in the policies that they have. Creating a channel whose config names none that the engine has
/// throws, with their names.
public struct LoadBalancingConfig: Sendable, Hashable {
  private enum Value: Sendable, Hashable {
    case pickFirst(shufflesAddresses: Bool)
    case outlierDetection(OutlierDetection)
    case ringHash(RingHash)
    case weightedRoundRobin(WeightedRoundRobin)
    case custom(json: String)
  }

  /// The policy's name.
  public let policy: String

  private let value: Value

  /// The policy's own config, a JSON object; `{}` if a setting is out of its range.
  public var json: String {
    if case .custom(let json) = value { return json }
    return (try? config(field: policy))?.description ?? "{}"
  }

  /// `pick_first`: all calls go to the first address that the channel can reach.
  public static var pickFirst: LoadBalancingConfig { .pickFirst(shuffleAddressList: false) }

  /// `pick_first`: all calls go to the first address that the channel can reach.
  ///
  /// - Parameter shuffleAddressList: Whether the channel tries the addresses in a random order (gRFC A62), so that many
  ///   clients spread over the servers. gRPC 1.51 cannot: creating a channel throws.
  public static func pickFirst(shuffleAddressList: Bool) -> LoadBalancingConfig {
    LoadBalancingConfig("pick_first", .pickFirst(shufflesAddresses: shuffleAddressList))
  }

  /// `round_robin`: the channel connects to every address, and calls go to one after the other.
  public static var roundRobin: LoadBalancingConfig { .custom("round_robin") }

  /// `weighted_round_robin`: the channel connects to every address, and those that report less load get more calls.
  ///
  /// gRPC 1.51 does not have it: creating a channel throws, unless the config names another policy after it.
  ///
  /// - Parameter settings: The settings. They default to those of gRFC A58.
  public static func weightedRoundRobin(_ settings: WeightedRoundRobin = WeightedRoundRobin()) -> LoadBalancingConfig {
    LoadBalancingConfig("weighted_round_robin", .weightedRoundRobin(settings))
  }

  /// `ring_hash_experimental`: calls with the same value of a header go to the same address while there is no change.
  ///
  /// Engines before gRPC 1.85 hash a header only where an xDS control plane names it, and gRPC 1.85 does unless
  /// `GRPC_EXPERIMENTAL_RING_HASH_SET_REQUEST_HASH_KEY=true` is in the environment: creating a channel throws there.
  ///
  /// - Parameter settings: The header, and the size of the ring.
  public static func ringHash(_ settings: RingHash) -> LoadBalancingConfig {
    LoadBalancingConfig("ring_hash_experimental", .ringHash(settings))
  }

  /// `outlier_detection_experimental`: addresses whose calls fail more than those of others get none for a while.
  ///
  /// - Parameter settings: The settings.
  public static func outlierDetection(_ settings: OutlierDetection) -> LoadBalancingConfig {
    LoadBalancingConfig("outlier_detection_experimental", .outlierDetection(settings))
  }

  /// Another policy of C-core, by name.
  ///
  /// With gRPC 1.51 creating a channel with `ring_hash_experimental` throws, since that policy would end the process.
  ///
  /// - Parameters:
  ///   - policy: The policy's name, as C-core knows it.
  ///   - json: The policy's own config, a JSON object. It is not checked before the channel is created. Defaults to an
  ///     empty one.
  public static func custom(_ policy: String, json: String = "{}") -> LoadBalancingConfig {
    LoadBalancingConfig(policy, .custom(json: json))
  }

  private init(_ policy: String, _ value: Value) {
    self.policy = policy
    self.value = value
  }

  /// Creates the config from JSON; `nil` if the value is of another form.
  init?(value: JSONValue) {
    guard case .object(let object) = value, let member = object.members.first, object.members.count == 1 else {
      return nil
    }
    self = .custom(member.name, json: member.value.description)
  }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard !policy.isEmpty else { throw RuntimeError(invalid: field, "must have a name") }
    return .object([policy: try config(field: "\(field).\(policy)")])
  }

  private func config(field: String) throws(RuntimeError) -> JSONValue {
    switch value {
    case .pickFirst(let shuffles): .object(shuffles ? ["shuffleAddressList": .bool(true)] : [:])
    case .outlierDetection(let settings): try settings.json(field: field)
    case .ringHash(let settings): try settings.json(field: field)
    case .weightedRoundRobin(let settings): try settings.json(field: field)
    case .custom(let json): .raw(json)
    }
  }
}

extension LoadBalancingConfig {
  /// Whether the policies have the same name and the same JSON.
  public static func == (one: LoadBalancingConfig, other: LoadBalancingConfig) -> Bool {
    one.policy == other.policy && one.json == other.json
  }

  /// Hashes the policy's name.
  public func hash(into hasher: inout Hasher) { hasher.combine(policy) }
}
