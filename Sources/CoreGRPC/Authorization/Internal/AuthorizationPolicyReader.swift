/// A reader of authorization policies, in the JSON of gRFCs A43 and A59.
///
/// It takes the policies that C-core takes (`rbac_translator.cc` of gRPC 1.85), except for those with two rules of one
/// name.
enum AuthorizationPolicyReader {
  /// The headers that C-core refuses as keys: those of one connection, and `host`.
  private static let unsupportedKeys: Set<String> = [
    "host", "connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "te", "trailer",
    "transfer-encoding", "upgrade",
  ]

  /// The headers that C-core keeps for itself (`PublishToAppEncoder` in `call.cc` of gRPC 1.51, and later versions): a
  /// rule that denies by them would deny nothing.
  private static let hiddenKeys: Set<String> = [
    "content-type", "endpoint-load-metrics-bin", "grpclb_client_stats", "lb-cost-bin", "x-envoy-peer-metadata",
  ]

  static func policy(of json: String) throws(AuthorizationPolicyProblem) -> AuthorizationPolicy {
    let value: JSONValue
    do throws(JSONReader.Fault) {
      value = try JSONReader.read(json)
    } catch {
      throw AuthorizationPolicyProblem(message: "not JSON from line \(error.line), column \(error.column) on")
    }
    let policy = try Fields(value, known: ["name", "deny_rules", "allow_rules", "audit_logging_options"])
    guard let name = try policy.string("name") else { throw policy.missing("name") }
    let denyRules = try rules(policy, "deny_rules")
    guard let allowRules = try rules(policy, "allow_rules") else { throw policy.missing("allow_rules") }
    let audit = try policy["audit_logging_options"].map { (fields) throws(AuthorizationPolicyProblem) in
      try auditOptions(fields.value, at: fields.place)
    }
    return AuthorizationPolicy(
      name: name,
      denyRules: denyRules ?? [],
      allowRules: allowRules,
      auditOptions: audit ?? AuthorizationPolicy.AuditOptions()
    )
  }

  private static func rules(
    _ policy: Fields,
    _ name: String
  ) throws(AuthorizationPolicyProblem) -> [AuthorizationRule]? {
    guard let values = try policy.array(name) else { return nil }
    guard !values.isEmpty else { throw AuthorizationPolicyProblem(at: name, "has no rule") }
    var rules: [AuthorizationRule] = []
    var indices: [String: Int] = [:]
    for (index, (value, place)) in values.enumerated() {
      let rule = try rule(value, at: place)
      if let earlier = indices.updateValue(index, forKey: rule.name) {
        throw AuthorizationPolicyProblem(at: "\(place).name", "is also that of \(name)[\(earlier)]")
      }
      rules.append(rule)
    }
    return rules
  }

  private static func rule(
    _ value: JSONValue,
    at place: String
  ) throws(AuthorizationPolicyProblem) -> AuthorizationRule {
    let fields = try Fields(value, at: place, known: ["name", "source", "request"])
    guard let name = try fields.string("name") else { throw fields.missing("name") }
    guard !name.isEmpty else { throw AuthorizationPolicyProblem(at: "\(place).name", "is empty") }
    var rule = AuthorizationRule(name: name)
    if let (value, place) = fields["source"] {
      rule.principals = try patterns(Fields(value, at: place, known: ["principals"]), "principals") ?? []
    }
    if let (value, place) = fields["request"] {
      let request = try Fields(value, at: place, known: ["paths", "headers"])
      rule.paths = try patterns(request, "paths") ?? []
      for (value, place) in try request.array("headers") ?? [] {
        rule.headers.append(try header(value, at: place))
      }
    }
    return rule
  }

  private static func header(
    _ value: JSONValue,
    at place: String
  ) throws(AuthorizationPolicyProblem) -> AuthorizationRule.Header {
    let fields = try Fields(value, at: place, known: ["key", "values"])
    guard let given = try fields.string("key") else { throw fields.missing("key") }
    let key = given.lowercased()
    guard !key.isEmpty else { throw AuthorizationPolicyProblem(at: "\(place).key", "is empty") }
    guard !key.hasPrefix(":"), !key.hasPrefix("grpc-"), !unsupportedKeys.contains(key), !hiddenKeys.contains(key)
    else {
      throw AuthorizationPolicyProblem(at: "\(place).key", "cannot be \(given): policies do not see this header")
    }
    guard let values = try patterns(fields, "values") else { throw fields.missing("values") }
    guard !values.isEmpty else { throw AuthorizationPolicyProblem(at: "\(place).values", "has no value") }
    return AuthorizationRule.Header(key: key, values: values)
  }

  private static func patterns(
    _ fields: Fields,
    _ name: String
  ) throws(AuthorizationPolicyProblem) -> [AuthorizationPattern]? {
    guard let values = try fields.array(name) else { return nil }
    var patterns: [AuthorizationPattern] = []
    for (value, place) in values {
      guard case .string(let text) = value else { throw AuthorizationPolicyProblem(at: place, "is not a string") }
      patterns.append(AuthorizationPattern(text))
    }
    return patterns
  }

  private static func auditOptions(
    _ value: JSONValue,
    at place: String
  ) throws(AuthorizationPolicyProblem) -> AuthorizationPolicy.AuditOptions {
    let fields = try Fields(value, at: place, known: ["audit_condition", "audit_loggers"])
    var options = AuthorizationPolicy.AuditOptions()
    if let text = try fields.string("audit_condition") {
      guard let condition = AuthorizationPolicy.AuditCondition(rawValue: text) else {
        let problem = "is not NONE, ON_DENY, ON_ALLOW or ON_DENY_AND_ALLOW"
        throw AuthorizationPolicyProblem(at: "\(place).audit_condition", problem)
      }
      options.condition = condition
    }
    for (value, place) in try fields.array("audit_loggers") ?? [] {
      let logger = try Fields(value, at: place, known: ["name", "config", "is_optional"])
      guard let name = try logger.string("name") else { throw logger.missing("name") }
      var hasConfig = false
      if let (value, place) = logger["config"] {
        guard case .object(let config) = value else { throw AuthorizationPolicyProblem(at: place, "is not an object") }
        hasConfig = !config.members.isEmpty
      }
      var isOptional = false
      if let (value, place) = logger["is_optional"] {
        guard case .bool(let flag) = value else { throw AuthorizationPolicyProblem(at: place, "is not a boolean") }
        isOptional = flag
      }
      options.loggers.append(.init(name: name, hasConfig: hasConfig, isOptional: isOptional))
    }
    return options
  }
}

extension AuthorizationPolicyReader {
  /// The members of an object with known names, each with its place in the policy.
  private struct Fields {
    private let object: JSONObject
    private let place: String

    /// - Parameters:
    ///   - value: The object.
    ///   - place: Its place; empty for the policy itself.
    ///   - known: The names that it may have.
    init(_ value: JSONValue, at place: String = "", known: Set<String>) throws(AuthorizationPolicyProblem) {
      guard case .object(let object) = value else {
        throw AuthorizationPolicyProblem(at: place.isEmpty ? "the JSON" : place, "is not an object")
      }
      self.object = object
      self.place = place
      var names: Set<String> = []
      for name in object.members.map(\.name) {
        guard known.contains(name) else { throw AuthorizationPolicyProblem(at: self.place(of: name), "is not known") }
        guard names.insert(name).inserted else {
          throw AuthorizationPolicyProblem(at: self.place(of: name), "is there twice")
        }
      }
    }

    private func place(of name: String) -> String { place.isEmpty ? name : "\(place).\(name)" }

    subscript(name: String) -> (value: JSONValue, place: String)? { object[name].map { ($0, place(of: name)) } }

    func missing(_ name: String) -> AuthorizationPolicyProblem {
      AuthorizationPolicyProblem(at: place(of: name), "is missing")
    }

    func string(_ name: String) throws(AuthorizationPolicyProblem) -> String? {
      switch object[name] {
      case nil: return nil
      case .string(let text): return text
      default: throw AuthorizationPolicyProblem(at: place(of: name), "is not a string")
      }
    }

    func array(_ name: String) throws(AuthorizationPolicyProblem) -> [(value: JSONValue, place: String)]? {
      switch object[name] {
      case nil: return nil
      case .array(let values): return values.enumerated().map { ($1, "\(place(of: name))[\($0)]") }
      default: throw AuthorizationPolicyProblem(at: place(of: name), "is not an array")
      }
    }
  }
}

extension AuthorizationPolicyProblem {
  /// Creates the problem of a place in the JSON.
  init(at place: String, _ problem: String) { self.init(message: "\(place) \(problem)") }
}
