/// When a channel stops to retry, so that it does not add to the load of servers that are in trouble already.
///
/// The channel has a number of tokens. A call that fails takes one, a call that succeeds gives ``tokenRatio`` back; there
/// are no retries while half of the tokens or fewer are left.
public struct RetryThrottling: Sendable, Hashable {
  /// The number of tokens at the start, and the most there can be; 1 to 1,000.
  public var maxTokens: Int

  /// What a call that succeeds gives back; at least 0.001.
  ///
  /// Digits behind the third are dropped.
  public var tokenRatio: Double

  /// Creates a throttle.
  public init(maxTokens: Int, tokenRatio: Double) {
    self.maxTokens = maxTokens
    self.tokenRatio = tokenRatio
  }

  func json(field: String) throws(RPCError) -> JSONValue {
    guard (1...1000).contains(maxTokens) else {
      throw RPCError(invalid: "\(field).maxTokens", "must be between 1 and 1000")
    }
    // More than the number of tokens is as good as that number. What is no number fails the comparison, too.
    guard tokenRatio >= 0.001, tokenRatio <= 1000 else {
      throw RPCError(invalid: "\(field).tokenRatio", "must be between 0.001 and 1000")
    }
    // C-core reads decimals, not exponents. The small addition makes up for thousandths that have no exact Double.
    let thousandths = Int((tokenRatio * 1000 + 1e-6).rounded(.down))
    let ratio = "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
    return .object(["maxTokens": .number(String(maxTokens)), "tokenRatio": .number(ratio)])
  }
}
