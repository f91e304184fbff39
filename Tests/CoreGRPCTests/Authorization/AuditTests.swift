import Dispatch
import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Audit of authorization", .timeLimit(.minutes(5)))
struct AuditTests {
  private static func policy(_ condition: String, loggers: String = #"{"name": "log"}"#) -> String {
    #"""
    {"name": "audited",
    "deny_rules": [{"name": "no-streams", "request": {"paths": ["*Streaming"]}}],
    "allow_rules": [{"name": "unary-alone", "request": {"paths": ["/test.Kinds/unary"]}}],
    "audit_logging_options": {"audit_condition": "\#(condition)", "audit_loggers": [\#(loggers)]}}
    """#
  }

  private typealias Events = AsyncStream<AuthorizationAuditEvent>

  private static let event = AuthorizationAuditEvent(
    path: "/a/b",
    principal: "p",
    remotePeer: "ipv4:127.0.0.1:1",
    policyName: "n",
    decision: AuthorizationPolicy.Decision(isAllowed: true, matchedRule: "r")
  )

  @Test(
    "Loggers get the decisions that the policy chooses, each once",
    arguments: [
      ("ON_DENY", ["no-streams", nil]), ("ON_ALLOW", ["unary-alone"]),
      ("ON_DENY_AND_ALLOW", ["no-streams", "unary-alone", nil]),
    ] as [(String, [String?])]
  )
  func conditions(condition: String, rules: [String?]) async throws {
    let (events, continuation) = Events.makeStream()
    let policy = try AuthorizationPolicy(json: Self.policy(condition))
    let provider = try AuthorizationPolicyProvider(policy, auditLoggers: ["log": { continuation.yield($0) }])
    let test = try AuthorizedServer(provider)
    try await withShutdown(of: test.server) {
      // Twice, so that an event too many shows.
      for _ in 0..<2 {
        for path in ["/test.Kinds/serverStreaming", "/test.Kinds/unary", "/test.Kinds/Unknown"] {
          _ = await test.error(path: path)
        }
      }
      var iterator = events.makeAsyncIterator()
      for rule in rules + rules {
        let event = try #require(await iterator.next())
        #expect(event.decision == .init(isAllowed: rule == "unary-alone", matchedRule: rule))
        #expect(event.policyName == "audited" && event.principal.isEmpty && event.droppedBefore == 0)
        #expect(event.remotePeer.hasPrefix("ipv4:127.0.0.1:"))
        let path = [nil: "/test.Kinds/Unknown", "no-streams": "/test.Kinds/serverStreaming"][rule]
        #expect(event.path == path ?? "/test.Kinds/unary")
      }
    }
  }

  @Test("Without a condition, or with NONE, there is no audit", arguments: [Self.policy("NONE"), nil])
  func none(json: String?) async throws {
    let json =
      json
      ?? #"{"name": "n", "allow_rules": [{"name": "a"}], "audit_logging_options": {"audit_loggers": [{"name": "log"}]}}"#
    let provider = try AuthorizationPolicyProvider(
      AuthorizationPolicy(json: json),
      auditLoggers: ["log": { Issue.record("an audit of \($0.path)") }]
    )
    let test = try AuthorizedServer(provider)
    try await withShutdown(of: test.server) {
      for path in ["/test.Kinds/unary", "/test.Kinds/serverStreaming"] { _ = await test.error(path: path) }
    }
  }

  @Test(
    "The principal is the first name of the certificate",
    arguments: [(AuthorizationTable.Client.tlsWithCertificate, "spiffe://test/client"), (.tlsWithoutCertificate, "")]
  )
  func principal(client: AuthorizationTable.Client, name: String) async throws {
    let (events, continuation) = Events.makeStream()
    let loggers = #"{"name": "log"}, {"name": "other", "is_optional": true}, {"name": "log"}"#
    let policy = try AuthorizationPolicy(json: Self.policy("ON_ALLOW", loggers: loggers))
    let provider = try AuthorizationPolicyProvider(policy, auditLoggers: ["log": { continuation.yield($0) }])
    let test = try AuthorizedServer(provider, client: client, certificates: try await TestCertificates())
    try await withShutdown(of: test.server) {
      #expect(await test.error(path: "/test.Kinds/unary") == nil)
      var iterator = events.makeAsyncIterator()
      // Each entry of the list is a logger.
      for _ in 0..<2 { #expect(await iterator.next()?.principal == name) }
    }
    #expect(AuthorizationPolicy.Peer.tls(dnsNames: ["d", "e"], subject: "CN=f").principal == "d")
    #expect(AuthorizationPolicy.Peer.tls(subject: "CN=f").principal == "CN=f")
  }

  @Test("A logger that blocks holds up no call, and bounds the memory")
  func blocked() async throws {
    let (events, continuation) = Events.makeStream()
    let proceed = DispatchSemaphore(value: 0)
    let begun = Gate()
    let logger: AuthorizationPolicyProvider.AuditLogger = { event in
      begun.open()
      if event.path != Self.event.path { proceed.wait() }
      continuation.yield(event)
    }
    let policy = try AuthorizationPolicy(json: Self.policy("ON_ALLOW"))
    let test = try AuthorizedServer(try AuthorizationPolicyProvider(policy, auditLoggers: ["log": logger]))
    try await withShutdown(of: test.server) {
      #expect(await test.error(path: "/test.Kinds/unary") == nil)
      await begun.pass()
      #expect(await test.error(path: "/test.Kinds/unary") == nil)
    }
    proceed.signal()
    proceed.signal()
    var iterator = events.makeAsyncIterator()
    for _ in 0..<2 { #expect(await iterator.next()?.path == "/test.Kinds/unary") }

    let queue = AuditQueue()
    let blocking = Gate()
    queue.add(
      Self.event,
      for: [
        { _ in
          blocking.open()
          proceed.wait()
        }
      ]
    )
    await blocking.pass()
    for _ in 0..<AuditQueue.largestCount + 10 { queue.add(Self.event, for: [logger]) }
    proceed.signal()
    for _ in 0..<AuditQueue.largestCount { #expect(await iterator.next()?.droppedBefore == 0) }
    queue.add(Self.event, for: [logger])
    #expect(await iterator.next()?.droppedBefore == 10)
  }

  @Test("Events come in their order, also to a thread that has ended", arguments: [Duration.zero, .seconds(10)])
  func order(idleTime: Duration) async throws {
    let (events, continuation) = AsyncStream.makeStream(of: String.self)
    let queue = AuditQueue(idleTime: idleTime)
    var iterator = events.makeAsyncIterator()
    for number in 0..<1000 {
      var event = Self.event
      event.path = "\(number)"
      queue.add(event, for: [{ continuation.yield($0.path) }])
      if number % 10 == 9 {
        for earlier in number - 9...number { #expect(await iterator.next() == "\(earlier)") }
      }
    }
  }

  @Test("A flush waits for the loggers, but not for one that blocks for ever")
  func flush() async throws {
    let names = Names()
    let policy = try AuthorizationPolicy(json: Self.policy("ON_DENY_AND_ALLOW"))
    let provider = try AuthorizationPolicyProvider(policy, auditLoggers: ["log": { names.add($0.path) }])
    for number in 0..<100 {
      _ = provider.denial(forPath: "/\(number)", metadata: [:], remotePeer: nil, peer: .unauthenticated)
    }
    await provider.flushAudit(within: .seconds(60))
    #expect(names.all == (0..<100).map { "/\($0)" })

    let proceed = DispatchSemaphore(value: 0)
    defer { proceed.signal() }
    let blocking = try AuthorizationPolicyProvider(policy, auditLoggers: ["log": { _ in proceed.wait() }])
    _ = blocking.denial(forPath: "/", metadata: [:], remotePeer: nil, peer: .unauthenticated)
    await blocking.flushAudit(within: .milliseconds(1))
  }

  @Test("A call that is over is denied, and audited")
  func endedCall() async throws {
    let (events, continuation) = Events.makeStream()
    let policy = try AuthorizationPolicy(
      json: #"""
        {"name": "audited", "allow_rules": [{"name": "a", "source": {"principals": ["*"]}}],
        "audit_logging_options": {"audit_condition": "ON_DENY", "audit_loggers": [{"name": "log"}]}}
        """#
    )
    let provider = try AuthorizationPolicyProvider(policy, auditLoggers: ["log": { continuation.yield($0) }])
    #expect(provider.denial(forPath: "/a/b", metadata: [:], remotePeer: "p", peer: nil)?.code == .permissionDenied)
    var iterator = events.makeAsyncIterator()
    let event = try #require(await iterator.next())
    #expect(event.decision == .init(isAllowed: false, matchedRule: nil) && event.principal.isEmpty)
    #expect(event.path == "/a/b" && event.remotePeer == "p")
  }

  @Test("Dropped events are reported while a logger blocks, and the last ones when the loggers are done")
  func droppedEvents() async throws {
    let (counts, continuation) = AsyncStream.makeStream(of: Int.self)
    let queue = AuditQueue { continuation.yield($0) }
    let (proceed, blocking) = (DispatchSemaphore(value: 0), Gate())
    queue.add(
      Self.event,
      for: [
        { _ in
          blocking.open()
          proceed.wait()
        }
      ]
    )
    await blocking.pass()
    for _ in 0..<AuditQueue.largestCount + 1000 { queue.add(Self.event, for: []) }
    var iterator = counts.makeAsyncIterator()
    var reports: [Int] = []
    // As long as the logger blocks.
    for _ in 0..<LogLimit.burst { reports.append(try #require(await iterator.next())) }
    proceed.signal()
    while reports.reduce(0, +) < 1000 { reports.append(try #require(await iterator.next())) }
    #expect(reports.reduce(0, +) == 1000 && reports.first == 1 && reports.count < 20)
  }

  private final class Names: Sendable {
    private let names = Locked<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
  }

  @Test("The stdout logger waits for a slow reader of a descriptor that does not block")
  func slowReader() async throws {
    let pipe = Pipe()
    let end = pipe.fileHandleForWriting.fileDescriptor
    try #require(fcntl(end, F_SETFL, fcntl(end, F_GETFL) | O_NONBLOCK) == 0)
    // Far more than a pipe takes.
    let text = String(repeating: "0123456789", count: 100_000)
    DispatchQueue.global().async {
      StdoutAuditLogger.write(text, to: end)
      try? pipe.fileHandleForWriting.close()
    }
    let read = await withCheckedContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(returning: pipe.fileHandleForReading.readDataToEndOfFile()) }
    }
    #expect(read == Data(text.utf8))
  }

  @Test("The line of the stdout logger is C-core's")
  func stdout() {
    var event = Self.event
    #expect(
      StdoutAuditLogger.line(event, seconds: 1_649_376_211, nanoseconds: 5_000_000) == #"""
        {"grpc_audit_log":{"timestamp":"2022-04-08T00:03:31.005000000+00:00","rpc_method":"/a/b","principal":"p",\#
        "policy_name":"n","matched_rule":"r","authorized":true}}
        """#
    )
    event.decision = AuthorizationPolicy.Decision(isAllowed: false, matchedRule: nil)
    event.path = "/\"\n"
    #expect(
      StdoutAuditLogger.line(event, seconds: 0, nanoseconds: 0) == #"""
        {"grpc_audit_log":{"timestamp":"1970-01-01T00:00:00.000000000+00:00","rpc_method":"/\"\u000a","principal":"p",\#
        "policy_name":"n","matched_rule":"","authorized":false}}
        """#
    )
  }
}
