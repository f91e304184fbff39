import TestSupport
import Testing

@testable import CoreGRPC

/// Policies and calls with C-core's decisions: one table for a policy alone and for servers.
///
/// All rows but those with an upper-case key were compared with a server of C-core 1.51.1, with its own filter and
/// engine and the translation of gRPC 1.64.3.
struct AuthorizationTable: Sendable, CustomTestStringConvertible {
  /// The client, which is one of the certificates of `scripts/make-test-certificates` or has none.
  enum Client: Sendable {
    case plaintext, tlsWithoutCertificate, tlsWithCertificate

    var peer: AuthorizationPolicy.Peer {
      switch self {
      case .plaintext: .unauthenticated
      case .tlsWithoutCertificate: .tls()
      case .tlsWithCertificate:
        .tls(uris: ["spiffe://test/client"], dnsNames: ["test-client"], subject: "CN=test-client,O=CoreGRPC tests")
      }
    }
  }

  /// The members of the policy beside its name.
  let rules: String
  let path: String
  let metadata: Metadata
  let client: Client
  let decision: AuthorizationPolicy.Decision

  var policy: String { #"{"name": "authz", \#(rules)}"# }

  var testDescription: String { "\(path) \(metadata.map(\.key)) \(client): \(rules)" }

  private init(
    _ rules: String,
    _ path: String = "/test.Kinds/unary",
    _ metadata: Metadata = [:],
    _ client: Client = .plaintext,
    allowedBy rule: String
  ) {
    self.init(rules, path, metadata, client, AuthorizationPolicy.Decision(isAllowed: true, matchedRule: rule))
  }

  private init(
    _ rules: String,
    _ path: String = "/test.Kinds/unary",
    _ metadata: Metadata = [:],
    _ client: Client = .plaintext,
    deniedBy rule: String?
  ) {
    self.init(rules, path, metadata, client, AuthorizationPolicy.Decision(isAllowed: false, matchedRule: rule))
  }

  private init(
    _ rules: String,
    _ path: String,
    _ metadata: Metadata,
    _ client: Client,
    _ decision: AuthorizationPolicy.Decision
  ) {
    self.rules = rules
    self.path = path
    self.metadata = metadata
    self.client = client
    self.decision = decision
  }

  private static func allow(_ members: String...) -> String {
    #""allow_rules": [{"name": "allow"\#(members.map { ", " + $0 }.joined())}]"#
  }

  private static func deny(_ members: String...) -> String {
    #""deny_rules": [{"name": "deny"\#(members.map { ", " + $0 }.joined())}], "allow_rules": [{"name": "all"}]"#
  }

  private static func paths(_ paths: String...) -> String { #""request": {"paths": \#(paths)}"# }

  private static func principals(_ principals: String...) -> String { #""source": {"principals": \#(principals)}"# }

  private static func headers(_ headers: String...) -> String {
    #""request": {"headers": [\#(headers.joined(separator: ", "))]}"#
  }

  private static func header(_ key: String, _ values: String...) -> String {
    #"{"key": "\#(key)", "values": \#(values)}"#
  }

  static let rows: [Self] = rulesAndOrder + pathPatterns + headerPatterns + principalPatterns

  private static let rulesAndOrder = [
    Self(allow(), allowedBy: "allow"),
    Self(allow(#""source": {}"#, #""request": {}"#), allowedBy: "allow"),
    Self(allow(#""source": {"principals": []}"#, #""request": {"paths": [], "headers": []}"#), allowedBy: "allow"),
    Self(deny(), deniedBy: "deny"),
    // Deny rules come first, wherever they stand.
    Self(#""allow_rules": [{"name": "a"}], "deny_rules": [{"name": "d"}]"#, deniedBy: "d"),
    // Each list may have a rule of the same name.
    Self(#""deny_rules": [{"name": "x", \#(paths("/none"))}], "allow_rules": [{"name": "x"}]"#, allowedBy: "x"),
    Self(
      #""allow_rules": [{"name": "a", \#(paths("/none"))}, {"name": "b"}, {"name": "c", \#(paths("/other"))}]"#,
      allowedBy: "b"
    ),
    Self(
      #""deny_rules": [{"name": "a", \#(paths("/none"))}, {"name": "b", \#(paths("*unary"))}], "allow_rules": [{"name": "c"}]"#,
      deniedBy: "b"
    ),
    // A rule needs its source and its request.
    Self(allow(principals("*"), paths("*")), deniedBy: nil),
    Self(allow(principals("*"), paths("*")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    Self(allow(principals("*"), paths("/none")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: nil),
    // Paths and headers are both needed, too.
    Self(
      allow(#""request": {"paths": ["*"], "headers": [\#(header("a", "*"))]}"#),
      "/test.Kinds/unary",
      ["a": "1"],
      allowedBy: "allow"
    ),
    Self(allow(#""request": {"paths": ["*"], "headers": [\#(header("a", "*"))]}"#), deniedBy: nil),
  ]

  private static let pathPatterns =
    [
      Self(allow(paths("/test.Kinds/unary")), allowedBy: "allow"),
      Self(allow(paths("/test.Kinds/unar")), deniedBy: nil),
      Self(allow(paths("/test.kinds/unary")), deniedBy: nil),
      Self(allow(paths("test.Kinds/unary")), deniedBy: nil),
      Self(allow(paths("/test.Kinds/*")), allowedBy: "allow"),
      Self(allow(paths("/test.Kinds/unary*")), allowedBy: "allow"),
      Self(allow(paths("/test.Kind/*")), deniedBy: nil),
      Self(allow(paths("*/unary")), allowedBy: "allow"),
      Self(allow(paths("*/test.Kinds/unary")), allowedBy: "allow"),
      Self(allow(paths("*unar")), deniedBy: nil),
      Self(allow(paths("*")), allowedBy: "allow"),
      Self(allow(paths("")), deniedBy: nil),
      // A star within a pattern, or a second one, is a star.
      Self(allow(paths("/test.*/unary")), deniedBy: nil),
      Self(allow(paths("*Kinds*")), deniedBy: nil),
      Self(allow(paths("/a", "/b", "*y")), allowedBy: "allow"),
      // Also of methods that the server does not have.
      Self(allow(paths("/test.Kinds/unary")), "/test.Kinds/Unknown", deniedBy: nil),
      Self(allow(paths("/test.Kinds/*")), "/test.Kinds/Unknown", allowedBy: "allow"),
      Self(deny(paths("/test.Kinds/*")), "/test.Kinds/Unknown", deniedBy: "deny"),
    ]
    + MethodDescriptor.RPCType.kinds.flatMap { kind in
      let path = KindsOfCall.method(kind).path
      return [Self(allow(paths(path)), path, allowedBy: "allow"), Self(deny(paths(path)), path, deniedBy: "deny")]
    }

  private static let headerPatterns = [
    Self(allow(headers(header("k", "v"))), "/test.Kinds/unary", ["k": "v"], allowedBy: "allow"),
    Self(allow(headers(header("k", "v"))), "/test.Kinds/unary", ["k": "V"], deniedBy: nil),
    Self(allow(headers(header("k", "v"))), "/test.Kinds/unary", ["l": "v"], deniedBy: nil),
    Self(allow(headers(header("k", "u", "v"))), "/test.Kinds/unary", ["k": "v"], allowedBy: "allow"),
    Self(allow(headers(header("k", "dev/*"))), "/test.Kinds/unary", ["k": "dev/path"], allowedBy: "allow"),
    Self(allow(headers(header("k", "*/dev"))), "/test.Kinds/unary", ["k": "path/dev"], allowedBy: "allow"),
    Self(allow(headers(header("k", "*"))), "/test.Kinds/unary", ["k": "v"], allowedBy: "allow"),
    Self(allow(headers(header("k", "*"))), "/test.Kinds/unary", ["k": ""], deniedBy: nil),
    Self(allow(headers(header("k", "*"))), deniedBy: nil),
    Self(allow(headers(header("k", ""))), "/test.Kinds/unary", ["k": ""], allowedBy: "allow"),
    // A header that is not there is not an empty one.
    Self(allow(headers(header("k", ""))), deniedBy: nil),
    // All headers are needed.
    Self(allow(headers(header("k", "v"), header("l", "w"))), "/test.Kinds/unary", ["k": "v"], deniedBy: nil),
    Self(
      allow(headers(header("k", "v"), header("l", "w"))),
      "/test.Kinds/unary",
      ["k": "v", "l": "w"],
      allowedBy: "allow"
    ),
    // Several values are one.
    Self(allow(headers(header("k", "v,w"))), "/test.Kinds/unary", ["k": "v", "k": "w"], allowedBy: "allow"),
    Self(allow(headers(header("k", "v"))), "/test.Kinds/unary", ["k": "v", "k": "w"], deniedBy: nil),
    Self(allow(headers(header("k", "*w"))), "/test.Kinds/unary", ["k": "v", "k": "w"], allowedBy: "allow"),
    Self(deny(headers(header("k", "*"))), "/test.Kinds/unary", ["k": "", "k": ""], deniedBy: "deny"),
    // Bytes are those that were encoded.
    Self(allow(headers(header("k-bin", "abc"))), "/test.Kinds/unary", ["k-bin": [97, 98, 99]], allowedBy: "allow"),
    Self(
      allow(headers(header("k-bin", "*,c"))),
      "/test.Kinds/unary",
      ["k-bin": [255], "k-bin": [99]],
      allowedBy: "allow"
    ),
    // The case of a key does not matter; C-core finds no header for this one.
    Self(allow(headers(header("X-Dev", "v"))), "/test.Kinds/unary", ["x-dev": "v"], allowedBy: "allow"),
    Self(deny(headers(header("X-Dev", "v"))), "/test.Kinds/unary", ["x-dev": "v"], deniedBy: "deny"),
    // A header that clients do not choose.
    Self(deny(headers(header("user-agent", "*"))), "/test.Kinds/unary", ["user-agent": "test"], deniedBy: "deny"),
  ]

  private static let principalPatterns = [
    // Without TLS no principal matches, not even that of anyone.
    Self(allow(principals("*")), deniedBy: nil),
    Self(allow(principals("")), deniedBy: nil),
    Self(allow(principals("", "*")), deniedBy: nil),
    Self(deny(principals("", "*")), allowedBy: "all"),
    // A client without a certificate has the empty name.
    Self(allow(principals("")), "/test.Kinds/unary", [:], .tlsWithoutCertificate, allowedBy: "allow"),
    Self(allow(principals("*")), "/test.Kinds/unary", [:], .tlsWithoutCertificate, deniedBy: nil),
    Self(deny(principals("")), "/test.Kinds/unary", [:], .tlsWithoutCertificate, deniedBy: "deny"),
    Self(allow(principals("spiffe://test/client")), "/test.Kinds/unary", [:], .tlsWithoutCertificate, deniedBy: nil),
    Self(allow(principals("")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: nil),
    Self(allow(principals("*")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    // The URI name, the DNS name and the subject, and no part of these.
    Self(
      allow(principals("spiffe://test/client")),
      "/test.Kinds/unary",
      [:],
      .tlsWithCertificate,
      allowedBy: "allow"
    ),
    Self(allow(principals("spiffe://test/*")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    Self(allow(principals("spiffe://tes*")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    Self(allow(principals("spiffe://other/*")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: nil),
    Self(allow(principals("test-client")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    Self(allow(principals("test-clien")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: nil),
    Self(
      allow(principals("CN=test-client,O=CoreGRPC tests")),
      "/test.Kinds/unary",
      [:],
      .tlsWithCertificate,
      allowedBy: "allow"
    ),
    Self(allow(principals("*,O=CoreGRPC tests")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
    Self(deny(principals("*,O=CoreGRPC tests")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: "deny"),
    Self(allow(principals("CN=test-client")), "/test.Kinds/unary", [:], .tlsWithCertificate, deniedBy: nil),
    Self(allow(principals("nobody", "test-client")), "/test.Kinds/unary", [:], .tlsWithCertificate, allowedBy: "allow"),
  ]
}

extension MethodDescriptor.RPCType {
  /// All kinds of call.
  static let kinds: [Self] = [.unary, .clientStreaming, .serverStreaming, .bidirectionalStreaming]
}
