import Testing

@testable import CoreGRPC

@Suite("Authorization policies", .timeLimit(.minutes(2)))
struct AuthorizationPolicyTests {
  @Test("A policy decides as C-core does", arguments: AuthorizationTable.rows)
  func decisions(row: AuthorizationTable) throws {
    let policy = try AuthorizationPolicy(json: row.policy)
    #expect(policy.name == "authz")
    #expect(policy.decision(forPath: row.path, metadata: row.metadata, peer: row.client.peer) == row.decision)
  }

  @Test("Patterns compare bytes, and not characters")
  func bytes() throws {
    // In Swift "e\u{301}" is "é", and "a\u{301}" does not begin with "a".
    let rules =
      #""deny_rules": [{"name": "d", "request": {"paths": ["/é", "/a*", "*z"]}}], "allow_rules": [{"name": "a"}]"#
    let policy = try AuthorizationPolicy(json: "{\"name\": \"\", \(rules)}")
    for (path, isAllowed) in [("/é", false), ("/e\u{301}", true), ("/a\u{301}", false), ("\u{301}z", false)] {
      #expect(policy.decision(forPath: path).isAllowed == isAllowed, "\(path)")
    }
    #expect(
      try AuthorizationPolicy(json: #"{"name":"","allow_rules":[{"name":"a","request":{"paths":["*"]}}]}"#)
        .decision(forPath: "").isAllowed == false
    )
  }

  @Test("Principals are URI names, DNS names and the subject, each by itself")
  func severalNames() throws {
    let json = #"{"name":"n","allow_rules":[{"name":"a","source":{"principals":["b","d","CN=e",""]}}]}"#
    let policy = try AuthorizationPolicy(json: json)
    for (peer, isAllowed) in [
      (.tls(uris: ["a", "b"]), true), (.tls(uris: ["a"], dnsNames: ["c", "d"], subject: "x"), true),
      (.tls(uris: ["a"], dnsNames: ["c"], subject: "CN=e"), true), (.tls(uris: ["a"], subject: "CN=f"), false),
      // As C-core has it: the subject of a certificate may be empty, and then is the name of no one.
      (.tls(uris: ["a"]), true), (.tls(), true), (.unauthenticated, false),
    ] as [(AuthorizationPolicy.Peer, Bool)] {
      #expect(policy.decision(forPath: "/a/b", peer: peer).isAllowed == isAllowed, "\(peer)")
    }
  }

  @Test("An example of gRFC A43 is taken")
  func example() throws {
    let policy = try AuthorizationPolicy(
      json: #"""
        {
        	"name": "example-policy",
        	"allow_rules": [
        		{
        			"name": "admin-access",
        			"source": {"principals": ["spiffe://foo.com/sa/admin1", "spiffe://foo.com/sa/admin2"]},
        			"request": {"paths": ["/pkg.service/*"]}
        		},
        		{
        			"name": "dev-access",
        			"source": {"principals": ["*", ""]},
        			"request": {
        				"paths": ["/pkg.service/foo", "/pkg.service/bar"],
        				"headers": [{"key": "dev-path", "values": ["/dev/path/*"]}]
        			}
        		}
        	],
        	"deny_rules": [{"name": "deny-access", "request": {"paths": ["*/secret"]}}]
        }
        """#
    )
    let admin = AuthorizationPolicy.Peer.tls(uris: ["spiffe://foo.com/sa/admin2"])
    #expect(policy.decision(forPath: "/pkg.service/any", peer: admin).matchedRule == "admin-access")
    #expect(policy.decision(forPath: "/pkg.service/secret", peer: admin).matchedRule == "deny-access")
    let developer = policy.decision(forPath: "/pkg.service/foo", metadata: ["dev-path": "/dev/path/x"], peer: .tls())
    #expect(developer == AuthorizationPolicy.Decision(isAllowed: true, matchedRule: "dev-access"))
    #expect(policy.decision(forPath: "/pkg.service/foo", peer: .tls()).matchedRule == nil)
  }

  private static let mistakes: [(json: String, problem: String)] =
    [
      ("", "not JSON from line 1, column 1 on"),
      ("{\n  \"name\": \"ü\" x", "not JSON from line 2, column 15 on"),
      ("{\n\n", "not JSON from line 3, column 1 on"),
      (String(repeating: "[", count: 100_000), "not JSON from line 1, column 65 on"),
      ("[]", "the JSON is not an object"),
      ("{}", "name is missing"),
      (#"{"name": 1}"#, "name is not a string"),
      (#"{"name": "n"}"#, "allow_rules is missing"),
      (#"{"name": "n", "name": "n"}"#, "name is there twice"),
      (#"{"name": "n", "allow_rules": {}}"#, "allow_rules is not an array"),
      (#"{"name": "n", "allow_rules": []}"#, "allow_rules has no rule"),
      (#"{"name": "n", "allow_rules": [{"name": "a"}], "deny_rules": []}"#, "deny_rules has no rule"),
      (#"{"name": "n", "allow_rules": [{"name": "a"}], "deny_rules": null}"#, "deny_rules is not an array"),
      (#"{"name": "n", "allow_rule": []}"#, "allow_rule is not known"),
      (#"{"name": "n", "allow_rules": ["a"]}"#, "allow_rules[0] is not an object"),
      (#"{"name": "n", "allow_rules": [{"name": "a"}, {}]}"#, "allow_rules[1].name is missing"),
      (#"{"name": "n", "allow_rules": [{"name": ""}]}"#, "allow_rules[0].name is empty"),
      (#"{"name": "n", "allow_rules": [{"name": null}]}"#, "allow_rules[0].name is not a string"),
      (
        #"{"name": "n", "allow_rules": [{"name": "a"}, {"name": "b"}, {"name": "a"}]}"#,
        "allow_rules[2].name is also that of allow_rules[0]"
      ),
      (rule(#""sourc": {}"#), "allow_rules[0].sourc is not known"),
      (rule(#""source": []"#), "allow_rules[0].source is not an object"),
      (rule(#""source": {"principal": []}"#), "allow_rules[0].source.principal is not known"),
      (rule(#""source": {"principals": "*"}"#), "allow_rules[0].source.principals is not an array"),
      (rule(#""source": {"principals": ["a", 1]}"#), "allow_rules[0].source.principals[1] is not a string"),
      (rule(#""request": "a""#), "allow_rules[0].request is not an object"),
      (rule(#""request": {"path": []}"#), "allow_rules[0].request.path is not known"),
      (rule(#""request": {"paths": [{}]}"#), "allow_rules[0].request.paths[0] is not a string"),
      (rule(#""request": {"headers": {}}"#), "allow_rules[0].request.headers is not an array"),
      (rule(#""request": {"headers": [1]}"#), "allow_rules[0].request.headers[0] is not an object"),
      (header(#""values": ["a"]"#), "allow_rules[0].request.headers[0].key is missing"),
      (header(#""key": "", "values": ["a"]"#), "allow_rules[0].request.headers[0].key is empty"),
      (header(#""key": 1, "values": ["a"]"#), "allow_rules[0].request.headers[0].key is not a string"),
      (header(#""key": "k""#), "allow_rules[0].request.headers[0].values is missing"),
      (header(#""key": "k", "values": []"#), "allow_rules[0].request.headers[0].values has no value"),
      (header(#""key": "k", "values": "v""#), "allow_rules[0].request.headers[0].values is not an array"),
      (header(#""key": "k", "values": ["v", true]"#), "allow_rules[0].request.headers[0].values[1] is not a string"),
      (header(#""key": "k", "value": ["v"]"#), "allow_rules[0].request.headers[0].value is not known"),
      (audit("[]"), "audit_logging_options is not an object"),
      (audit(#"{"condition": "NONE"}"#), "audit_logging_options.condition is not known"),
      (audit(#"{"audit_condition": 1}"#), "audit_logging_options.audit_condition is not a string"),
      (
        audit(#"{"audit_condition": "on_deny"}"#),
        "audit_logging_options.audit_condition is not NONE, ON_DENY, ON_ALLOW or ON_DENY_AND_ALLOW"
      ),
      (audit(#"{"audit_loggers": {}}"#), "audit_logging_options.audit_loggers is not an array"),
      (audit(#"{"audit_loggers": [1]}"#), "audit_logging_options.audit_loggers[0] is not an object"),
      (audit(#"{"audit_loggers": [{}]}"#), "audit_logging_options.audit_loggers[0].name is missing"),
      (audit(#"{"audit_loggers": [{"name": 1}]}"#), "audit_logging_options.audit_loggers[0].name is not a string"),
      (
        audit(#"{"audit_loggers": [{"name": "l", "config": 1}]}"#),
        "audit_logging_options.audit_loggers[0].config is not an object"
      ),
      (
        audit(#"{"audit_loggers": [{"name": "l", "is_optional": "yes"}]}"#),
        "audit_logging_options.audit_loggers[0].is_optional is not a boolean"
      ),
      (audit(#"{"audit_loggers": [{"name": "l", "x": 1}]}"#), "audit_logging_options.audit_loggers[0].x is not known"),
    ]
    + [
      ":path", ":authority", "grpc-timeout", "GRPC-Trace", "host", "Host", "connection", "keep-alive", "te", "TE",
      "proxy-authenticate", "proxy-authorization", "trailer", "transfer-encoding", "upgrade",
      "content-type", "Content-Type", "endpoint-load-metrics-bin", "grpclb_client_stats", "lb-cost-bin",
      "x-envoy-peer-metadata",
    ].map { key in
      let place = "allow_rules[0].request.headers[0].key"
      return (
        header(#""key": "\#(key)", "values": ["*"]"#), "\(place) cannot be \(key): policies do not see this header"
      )
    }

  private static func rule(_ members: String) -> String {
    #"{"name": "n", "allow_rules": [{"name": "a", \#(members)}]}"#
  }

  private static func header(_ members: String) -> String { rule(#""request": {"headers": [{\#(members)}]}"#) }

  private static func audit(_ options: String) -> String {
    #"{"name": "n", "allow_rules": [{"name": "a"}], "audit_logging_options": \#(options)}"#
  }

  @Test("The error of a policy names the place", arguments: mistakes)
  func invalid(json: String, problem: String) {
    let error = #expect(throws: RuntimeError.self) { try AuthorizationPolicy(json: json) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message == "authorization policy: \(problem)")
  }

  @Test("Loggers must exist and have no settings, unless they are optional")
  func loggers() throws {
    func error(_ loggers: String) throws -> String? {
      let policy = try AuthorizationPolicy(
        json: Self.audit(#"{"audit_condition": "ON_DENY", "audit_loggers": [\#(loggers)]}"#)
      )
      do throws(RuntimeError) {
        _ = try AuthorizationPolicyProvider(policy, auditLoggers: ["mine": { _ in }])
        return nil
      } catch {
        #expect(error.code == .invalidArgument)
        return error.message
      }
    }
    #expect(try error("") == nil)
    #expect(try error(#"{"name": "mine"}, {"name": "stdout_logger", "config": {}}"#) == nil)
    let place = "authorization policy: audit_logging_options.audit_loggers"
    #expect(
      try error(#"{"name": "mine"}, {"name": "yours"}"#) == "\(place)[1].name is that of no audit logger: yours"
    )
    #expect(try error(#"{"name": "yours", "is_optional": true}"#) == nil)
    #expect(try error(#"{"name": "mine", "config": {"a": 1}}"#) == "\(place)[0].config is not empty")
    #expect(try error(#"{"name": "mine", "config": {"a": 1}, "is_optional": true}"#) == nil)
  }

  @Test("Texts that are nearly policies are taken or refused")
  func fuzz() throws {
    var generator = SystemRandomNumberGenerator()
    let words = [
      "\"name\"", "\"allow_rules\"", "\"deny_rules\"", "\"source\"", "\"request\"", "\"principals\"", "\"paths\"",
      "\"headers\"", "\"key\"", "\"values\"", "\"audit_logging_options\"", "\"a\"", "\"*\"", "\"\\ud83d\\ude00*\"",
      "{", "}", "[", "]", ":", ",", "1e9", "null", "true", "\"", "\\", "\u{0}", "é", " ", "\n",
    ]
    let seeds = AuthorizationTable.rows.map(\.policy)
    var taken = 0
    for round in 0..<20_000 {
      var text = ""
      if round % 2 == 0 {
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
          text += words.randomElement(using: &generator) ?? ""
        }
      } else {
        // A policy with a few of its bytes gone or replaced.
        var bytes = Array((seeds.randomElement(using: &generator) ?? "").utf8)
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
          let start = bytes.indices.randomElement(using: &generator) ?? 0
          let end = min(bytes.count, start + Int.random(in: 0...4, using: &generator))
          bytes.replaceSubrange(start..<end, with: Array((words.randomElement(using: &generator) ?? "").utf8))
        }
        text = String(decoding: bytes, as: UTF8.self)
      }
      do throws(RuntimeError) {
        let policy = try AuthorizationPolicy(json: text)
        _ = policy.decision(forPath: "/a/b", metadata: ["k": "v"], peer: .tls(uris: ["x"]))
        taken += 1
      } catch {
        #expect(error.code == .invalidArgument && error.message.hasPrefix("authorization policy: "), "\(text)")
      }
    }
    #expect(taken > 0)
  }
}
