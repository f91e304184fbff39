/// A gRPC authorization policy: rules that allow and deny calls by method, metadata and the client's certificate.
///
/// ```json
/// {
///   "name": "greeter-policy",
///   "deny_rules": [
///     { "name": "no-debugging", "request": { "paths": ["/greeter.Debug/*"] } }
///   ],
///   "allow_rules": [
///     { "name": "probes", "request": { "paths": ["/grpc.health.v1.Health/*"] } },
///     { "name": "workers", "source": { "principals": ["spiffe://example.org/worker"] } }
///   ]
/// }
/// ```
///
/// A call that matches a deny rule is denied. Of the others, those that match an allow rule are allowed, and the rest
/// is denied. A rule matches if its source and its request do:
///
/// | field | matches |
/// |---|---|
/// | `source.principals` | one of these is a name of the client |
/// | `request.paths` | one of these is the path, as in `/package.Service/Method` |
/// | `request.headers` | each `key` has one of its `values`; several values of a key are one, joined by commas |
///
/// The names of a client are the URI names, the DNS names and the subject of its certificate, which the server has
/// verified. A client with TLS and without a certificate has the empty name. A client without TLS has none, so no
/// principal matches it, not even `*`.
///
/// A field that is missing or empty matches every call. A pattern `abc` stands for this text alone, `abc*` for what
/// begins with it, `*abc` for what ends with it, and `*` for everything but the empty text. Bytes are compared, so case
/// matters. Keys of headers are the exception; values of keys that end in `-bin` are the bytes that were encoded.
///
/// The format and its meaning are those of gRFCs A43 and A59, as C-core implements them:
/// <https://github.com/grpc/proposal/blob/master/A43-grpc-authorization-api.md>. Two differences are deliberate, as
/// C-core's behaviour weakens a policy in silence: the names of deny rules, and those of allow rules, must be unique,
/// where C-core forgets the earlier rule; and the case of a header's key does not matter, where C-core never finds a
/// key with an upper-case letter. Another one is that a rule cannot have the headers that C-core hides from programs:
/// `content-type`, `endpoint-load-metrics-bin`, `grpclb_client_stats`, `lb-cost-bin` and `x-envoy-peer-metadata`.
public struct AuthorizationPolicy: Sendable, Hashable {
  /// The policy's name, for the events of audit loggers.
  public let name: String

  let denyRules: [AuthorizationRule]
  let allowRules: [AuthorizationRule]
  let auditOptions: AuditOptions

  init(name: String, denyRules: [AuthorizationRule], allowRules: [AuthorizationRule], auditOptions: AuditOptions) {
    self.name = name
    self.denyRules = denyRules
    self.allowRules = allowRules
    self.auditOptions = auditOptions
  }

  /// Creates a policy.
  ///
  /// - Parameter json: The policy's text. A field that gRFCs A43 and A59 do not have is an error.
  /// - Throws: ``RuntimeError/Code/invalidArgument``, with the place of the mistake, for instance
  ///   `deny_rules[1].request.headers[0].key`.
  public init(json: String) throws(RuntimeError) {
    do throws(AuthorizationPolicyProblem) {
      self = try AuthorizationPolicyReader.policy(of: json)
    } catch {
      throw RuntimeError(code: .invalidArgument, message: "authorization policy: \(error.message)")
    }
  }

  /// Returns the policy's decision about a call, for tests of the policy.
  ///
  /// - Parameters:
  ///   - path: The path of the method, as in `/package.Service/Method`.
  ///   - metadata: The metadata that the client sends.
  ///   - peer: The client. Defaults to one that is not authenticated.
  public func decision(forPath path: String, metadata: Metadata = [:], peer: Peer = .unauthenticated) -> Decision {
    for rule in denyRules where rule.matches(path: path, metadata: metadata, peer: peer) {
      return Decision(isAllowed: false, matchedRule: rule.name)
    }
    for rule in allowRules where rule.matches(path: path, metadata: metadata, peer: peer) {
      return Decision(isAllowed: true, matchedRule: rule.name)
    }
    return Decision(isAllowed: false, matchedRule: nil)
  }

  /// Whether a decision, or its audit, needs the client's certificate.
  var needsPeer: Bool {
    auditOptions.condition != .none || (denyRules + allowRules).contains { !$0.principals.isEmpty }
  }
}

extension AuthorizationPolicy {
  /// A policy's decision about a call.
  public struct Decision: Sendable, Hashable {
    /// Whether the call is allowed.
    public var isAllowed: Bool

    /// The name of the rule that matched; `nil` if the call is denied because no allow rule matched.
    public var matchedRule: String?

    /// Creates a decision.
    ///
    /// - Parameters:
    ///   - isAllowed: Whether the call is allowed.
    ///   - matchedRule: The name of the rule that matched.
    public init(isAllowed: Bool, matchedRule: String?) {
      self.isAllowed = isAllowed
      self.matchedRule = matchedRule
    }
  }

  /// A client, as `source.principals` sees it.
  public struct Peer: Sendable, Hashable {
    /// The names in the certificate; `nil` without TLS.
    let names: Names?

    struct Names: Sendable, Hashable {
      let uris: [String]
      let dnsNames: [String]
      let subject: String
    }

    /// A client without TLS: also one of a Unix domain socket, or of the server's own process.
    public static var unauthenticated: Peer { Peer(names: nil) }

    /// A client with TLS.
    ///
    /// - Parameters:
    ///   - uris: The URI names of its certificate, for instance its SPIFFE ID; none without a certificate.
    ///   - dnsNames: The DNS names of its certificate.
    ///   - subject: The subject of its certificate, as in `CN=worker,O=Example`.
    public static func tls(uris: [String] = [], dnsNames: [String] = [], subject: String = "") -> Peer {
      Peer(names: Names(uris: uris, dnsNames: dnsNames, subject: subject))
    }

    /// The first name of the certificate; empty without one.
    var principal: String {
      guard let names else { return "" }
      return names.uris.first ?? names.dnsNames.first ?? names.subject
    }
  }

  /// The calls that audit loggers get, and the loggers' names: see gRFC A59.
  struct AuditOptions: Sendable, Hashable {
    var condition = AuditCondition.none
    var loggers: [AuditLogger] = []

    struct AuditLogger: Sendable, Hashable {
      let name: String
      /// Whether the policy configures the logger.
      let hasConfig: Bool
      let isOptional: Bool
    }
  }

  enum AuditCondition: String, Sendable {
    case none = "NONE"
    case onDeny = "ON_DENY"
    case onAllow = "ON_ALLOW"
    case onDenyAndAllow = "ON_DENY_AND_ALLOW"

    func includes(isAllowed: Bool) -> Bool {
      switch self {
      case .none: false
      case .onDeny: !isAllowed
      case .onAllow: isAllowed
      case .onDenyAndAllow: true
      }
    }
  }
}
