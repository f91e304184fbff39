import CEngine

/// Settings of a channel that depend on the abilities of the engine.
extension ChannelArguments {
  private static let retries = "grpc.enable_retries"

  /// Decides the settings that the user leaves open, and refuses those that would end the process.
  ///
  /// A service config that comes with the name's resolution or from an xDS server is not seen here.
  ///
  /// - Throws: ``RuntimeError/Code/invalidArgument``, when a service config names a policy that ends the process, or
  ///   none that the engine has.
  mutating func adapt(to capabilities: EngineCapabilities) throws(RuntimeError) {
    let config = string("grpc.service_config").map(JSONStrings.all) ?? []
    if self[Self.retries] == nil {
      // C-core's retries remove the number of previous attempts from a call, which the library's hedging tells.
      let isSafe = capabilities.retriesSurviveMissingStatus && !config.contains("hedgingPolicy")
      set(Self.retries, to: isSafe || config.contains("retryPolicy"))
    }
    if allowsRetries, !capabilities.retriesSurviveMissingStatus, !EnvironmentSwitch.missingStatus.isOff {
      _ = cengine_complete_missing_statuses()
    }
    if !capabilities.hasRingHash {
      // C-core compares names of policies in lower case in one place.
      let names = config.union([string("grpc.lb_policy_name") ?? ""])
      if let name = names.first(where: { $0.lowercased() == "ring_hash_experimental" }) {
        let problem = "the load-balancing policy \(name) ends the process with gRPC's C-core \(capabilities.version)"
        throw RuntimeError(code: .invalidArgument, message: "\(problem): use round_robin, or a newer C-core")
      }
    }
    if case .object(let config)? = string("grpc.service_config").flatMap(JSONReader.value) {
      try LoadBalancingPolicies(capabilities).check(config["loadBalancingConfig"], field: "loadBalancingConfig")
    }
  }

  /// Whether C-core may make a failed call again; it does so unless it is told otherwise.
  var allowsRetries: Bool { self[Self.retries] != 0 }

  /// Returns whether a unary call can ask for a second message while a batch with all of its operations is in flight.
  ///
  /// Not where calls are retried: C-core's retry filter takes the second receive-message for the first one's, and
  /// asserts at the end of the call that there is none left. The batch with the first message must be done before.
  func allowsSecondMessage(_ capabilities: EngineCapabilities) -> Bool {
    capabilities.takesSecondMessage && self[Self.retries] == 0
  }

  private func string(_ key: String) -> String? {
    guard case .string(let value)? = self[key] else { return nil }
    return value
  }
}
