/// The policy that distributes calls over the addresses of a channel's target.
public struct LoadBalancingConfig: Sendable, Hashable {
  /// The policy's name.
  public let policy: String

  /// The policy's own config, a JSON object.
  public let json: String

  /// `pick_first`: all calls go to the first address that the channel can reach.
  public static var pickFirst: LoadBalancingConfig { .custom("pick_first") }

  /// `round_robin`: the channel connects to every address, and calls go to one after the other.
  public static var roundRobin: LoadBalancingConfig { .custom("round_robin") }

  /// Another policy of C-core, by name.
  ///
  /// With gRPC 1.51 creating a channel with `ring_hash_experimental` throws, since that policy would end the process.
  ///
  /// - Parameters:
  ///   - policy: The policy's name, as C-core knows it.
  ///   - json: The policy's own config, a JSON object. It is not checked before the channel is created. Defaults to an
  ///     empty one.
  public static func custom(_ policy: String, json: String = "{}") -> LoadBalancingConfig {
    LoadBalancingConfig(policy: policy, json: json)
  }

  private init(policy: String, json: String) {
    self.policy = policy
    self.json = json
  }

  /// Creates the config from JSON; `nil` if the value is of another form.
  init?(value: JSONValue) {
    guard case .object(let object) = value, let member = object.members.first, object.members.count == 1 else {
      return nil
    }
    self.init(policy: member.name, json: member.value.description)
  }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard !policy.isEmpty else { throw RuntimeError(invalid: field, "must have a name") }
    return .object([policy: .raw(json)])
  }
}
