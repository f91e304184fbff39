/// The load-balancing policies of an engine, to check a service config.
struct LoadBalancingPolicies {
  private let capabilities: EngineCapabilities

  init(_ capabilities: EngineCapabilities) { self.capabilities = capabilities }

  /// Checks the policy that the engine takes from a list: the first that it knows.
  ///
  /// A list of another form is left to C-core.
  ///
  /// - Throws: ``RuntimeError/Code/invalidArgument``, when the engine has none of the policies, or not a setting.
  func check(_ list: JSONValue?, field: String) throws(RuntimeError) {
    guard case .array(let values)? = list, !values.isEmpty else { return }
    var names: [String] = []
    for (index, value) in values.enumerated() {
      guard case .object(let object) = value, object.members.count == 1, let policy = object.members.first else {
        return
      }
      if capabilities.loadBalancingPolicies.contains(policy.name) || policy.name.hasPrefix("xds_") {
        guard case .object(let config) = policy.value else { return }
        return try check(policy.name, config, field: "\(field)[\(index)].\(policy.name)")
      }
      names.append(policy.name)
    }
    let known = capabilities.loadBalancingPolicies.sorted().joined(separator: ", ")
    throw RuntimeError(
      invalid: field,
      "names no policy that gRPC's C-core \(capabilities.version) has: \(names.joined(separator: ", ")). It has \(known)"
    )
  }

  private func check(_ policy: String, _ config: JSONObject, field: String) throws(RuntimeError) {
    switch policy {
    case "pick_first":
      if !capabilities.shufflesAddresses, config["shuffleAddressList"] == .bool(true) {
        throw unavailable("\(field).shuffleAddressList")
      }
    case "ring_hash_experimental":
      if !capabilities.hashesNamedHeader, config["requestHashHeader"] != nil {
        throw unavailable("\(field).requestHashHeader")
      }
    case "outlier_detection_experimental":
      try check(config["childPolicy"], field: "\(field).childPolicy")
    default: break
    }
  }

  private func unavailable(_ field: String) -> RuntimeError {
    RuntimeError(invalid: field, "is a setting that gRPC's C-core \(capabilities.version) does not have")
  }
}
