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
      if capabilities.loadBalancingPolicies.contains(policy.name) {
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
        throw unavailable(
          "\(field).requestHashHeader",
          " unless it is 58 or newer and \(EngineCapabilities.hashKeyVariable) is true"
        )
      }
    case "outlier_detection_experimental", "rls_experimental":
      try check(config["childPolicy"], field: "\(field).childPolicy")
    case "priority_experimental": try checkChildren(config, "children", "config", field: field)
    case "weighted_target_experimental": try checkChildren(config, "targets", "childPolicy", field: field)
    default: break
    }
  }

  /// Checks the lists in the members of an object.
  private func checkChildren(
    _ config: JSONObject,
    _ member: String,
    _ list: String,
    field: String
  ) throws(RuntimeError) {
    guard case .object(let children)? = config[member] else { return }
    for child in children.members {
      guard case .object(let settings) = child.value else { continue }
      try check(settings[list], field: "\(field).\(member).\(child.name).\(list)")
    }
  }

  private func unavailable(_ field: String, _ condition: String = "") -> RuntimeError {
    let engine = "gRPC's C-core \(capabilities.version)"
    return RuntimeError(invalid: field, "is a setting that \(engine) does not have\(condition)")
  }
}
