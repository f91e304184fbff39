/// A decision of a server's authorization policy, for audit loggers: see ``AuthorizationPolicyProvider``.
///
/// It has what gRFC A59 gives to audit loggers, and the client's address.
public struct AuthorizationAuditEvent: Sendable, Hashable {
  /// The path that was called, as in `/package.Service/Method`: the client's own text, if the server has no such
  /// method.
  public var path: String

  /// The client's name: the first URI name of its certificate, for instance its SPIFFE ID.
  ///
  /// Of a certificate without one, it is the first DNS name, else the subject. Empty for a client without a
  /// certificate.
  public var principal: String

  /// The client's address, as in ``ServerContext/remotePeer``.
  public var remotePeer: String

  /// The name of the policy.
  public var policyName: String

  /// The decision, with the rule that matched.
  public var decision: AuthorizationPolicy.Decision

  /// The number of events since the last one that the loggers did not get, because too many waited.
  public var droppedBefore = 0

  /// Creates an event, for tests of audit loggers.
  ///
  /// - Parameters:
  ///   - path: The path that was called.
  ///   - principal: The client's name.
  ///   - remotePeer: The client's address.
  ///   - policyName: The name of the policy.
  ///   - decision: The decision.
  public init(
    path: String,
    principal: String,
    remotePeer: String,
    policyName: String,
    decision: AuthorizationPolicy.Decision
  ) {
    self.path = path
    self.principal = principal
    self.remotePeer = remotePeer
    self.policyName = policyName
    self.decision = decision
  }
}
