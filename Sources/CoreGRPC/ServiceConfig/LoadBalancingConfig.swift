/// How calls are spread over the addresses of a channel's target.
public struct LoadBalancingConfig: Sendable, Hashable {
  private let policy: String
  private let parameters: String

  /// All calls go to the first address that can be reached; `pick_first`.
  public static var pickFirst: LoadBalancingConfig { .custom("pick_first") }

  /// The channel connects to every address, and the calls go to one after the other; `round_robin`.
  public static var roundRobin: LoadBalancingConfig { .custom("round_robin") }

  /// Another policy of C-core's, by name.
  ///
  /// With gRPC 1.51 a channel with `ring_hash_experimental` cannot be created: that policy would end the process.
  ///
  /// - Parameter json: The policy's own config, a JSON object. It is not checked before the channel is created.
  public static func custom(_ policy: String, json: String = "{}") -> LoadBalancingConfig {
    LoadBalancingConfig(policy: policy, parameters: json)
  }

  func json(field: String) throws(RPCError) -> JSONValue {
    guard !policy.isEmpty else { throw RPCError(invalid: field, "must have a name") }
    return .object([policy: .raw(parameters)])
  }
}
