/// The condition under which a channel stops retrying, to spare servers that are overloaded already.
///
/// The channel has a number of tokens. A call that fails takes one, and a call that succeeds returns ``tokenRatio``.
/// The channel does not retry while half of the tokens or fewer are left.
public struct RetryThrottling: Sendable, Hashable {
  /// The number of tokens at the start, and the most there can be; 1 to 1,000.
  public var maxTokens: Int

  /// The part of a token that a call that succeeds returns; at least 0.001.
  ///
  /// C-core ignores digits after the third.
  public var tokenRatio: Double

  /// Creates a throttle.
  ///
  /// - Parameters:
  ///   - maxTokens: The number of tokens at the start, and the most there can be; 1 to 1,000.
  ///   - tokenRatio: The part of a token that a call that succeeds gives back; at least 0.001.
  public init(maxTokens: Int, tokenRatio: Double) {
    self.maxTokens = maxTokens
    self.tokenRatio = tokenRatio
  }

  /// Creates the throttling from JSON; `nil` if the value is of another form.
  init?(value: JSONValue) {
    guard
      case .object(let object) = value, let maxTokens = object["maxTokens"]?.integer,
      let tokenRatio = object["tokenRatio"]?.double
    else { return nil }
    self.init(maxTokens: maxTokens, tokenRatio: tokenRatio)
  }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard (1...1000).contains(maxTokens) else {
      throw RuntimeError(invalid: "\(field).maxTokens", "must be between 1 and 1000")
    }
    // A value above the number of tokens is as good as that number. A value that is not a number fails the comparison,
    // too.
    guard tokenRatio >= 0.001, tokenRatio <= 1000 else {
      throw RuntimeError(invalid: "\(field).tokenRatio", "must be between 0.001 and 1000")
    }
    // C-core reads decimals, not exponents. The small addition makes up for thousandths that have no exact Double.
    let thousandths = Int((tokenRatio * 1000 + 1e-6).rounded(.down))
    let ratio = "\(thousandths / 1000).\(String(1000 + thousandths % 1000).dropFirst())"
    return .object(["maxTokens": .number(String(maxTokens)), "tokenRatio": .number(ratio)])
  }
}
