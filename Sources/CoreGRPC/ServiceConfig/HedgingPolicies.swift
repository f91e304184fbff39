/// The hedging policies of a channel's methods, and their common budget.
struct HedgingPolicies: Sendable {
  private let policies: [MethodConfig.Name: HedgingPolicy?]
  let throttle: HedgingThrottle?

  /// - Returns: `nil` if no method has a policy.
  init?(_ config: ServiceConfig?) {
    guard let config, config.methodConfig.contains(where: { $0.hedgingPolicy != nil }) else { return nil }
    var policies: [MethodConfig.Name: HedgingPolicy?] = [:]
    for method in config.methodConfig {
      for name in method.names { policies.updateValue(method.hedgingPolicy, forKey: name) }
    }
    self.policies = policies
    self.throttle = config.retryThrottling.map(HedgingThrottle.init)
  }

  /// The policy of the settings whose name fits a method closest.
  subscript(method: MethodDescriptor) -> HedgingPolicy? {
    for name in [.method(method), .service(method.service), .all] as [MethodConfig.Name] {
      if let policy = policies[name] { return policy }
    }
    return nil
  }
}

/// The budget of a channel's hedging: see ``RetryThrottling``.
final class HedgingThrottle: Sendable {
  private let settings: RetryThrottling
  private let tokens: Locked<Double>

  init(_ settings: RetryThrottling) {
    self.settings = settings
    self.tokens = Locked(Double(settings.maxTokens))
  }

  /// Whether another attempt may begin.
  var allowsAttempt: Bool { tokens.withLock { $0 > Double(settings.maxTokens) / 2 } }

  func succeeded() { tokens.withLock { $0 = min($0 + settings.tokenRatio, Double(settings.maxTokens)) } }

  func failed() { tokens.withLock { $0 = max($0 - 1, 0) } }
}
