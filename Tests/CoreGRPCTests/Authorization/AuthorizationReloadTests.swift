import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Authorization policies in files", .timeLimit(.minutes(5)))
struct AuthorizationReloadTests {
  /// A file with a policy, which goes with this object.
  private final class PolicyFile: Sendable {
    let path = FileManager.default.temporaryDirectory.appending(path: "coregrpc-\(UUID().uuidString).json").path

    init(_ text: String) throws { try replace(by: text) }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Puts another file in the place of this one.
    func replace(by text: String) throws { try text.write(toFile: path, atomically: true, encoding: .utf8) }

    func remove() throws { try FileManager.default.removeItem(atPath: path) }
  }

  private static func policy(_ name: String, allowing path: String) -> String {
    #"{"name": "\#(name)", "allow_rules": [{"name": "a", "request": {"paths": ["\#(path)"]}}]}"#
  }

  private func isAllowed(_ test: AuthorizedServer) async throws -> Bool {
    let error = await test.error(path: "/test.Kinds/unary")
    #expect(error == nil || error?.code == .permissionDenied)
    return error == nil
  }

  @Test("A file that cannot be used is an error that names it and the place")
  func invalid() throws {
    func message(_ file: String) -> String? {
      let error = #expect(throws: RuntimeError.self) { try AuthorizationPolicyProvider(file: file) }
      #expect(error?.code == .invalidArgument)
      return error?.message
    }
    #expect(message("/no/such/policy.json") == "authorization policy /no/such/policy.json: No such file or directory")
    let file = try PolicyFile("{\n  \"name\": \"n\",\n}")
    #expect(message(file.path) == "authorization policy \(file.path): not JSON from line 3, column 1 on")
    try file.replace(by: #"{"name": "n", "allow_rules": [{}]}"#)
    #expect(message(file.path) == "authorization policy \(file.path): allow_rules[0].name is missing")
    let loggers = #""audit_logging_options": {"audit_loggers": [{"name": "l"}]}"#
    try file.replace(by: #"{"name": "n", "allow_rules": [{"name": "a"}], \#(loggers)}"#)
    let problem = "audit_logging_options.audit_loggers[0].name is that of no audit logger: l"
    #expect(message(file.path) == "authorization policy \(file.path): \(problem)")
    try Data([0x7B, 0xFF]).write(to: URL(filePath: file.path))
    #expect(message(file.path) == "authorization policy \(file.path): the file is not UTF-8")
  }

  @Test("A new policy holds for the calls that come after it")
  func replaced() async throws {
    let file = try PolicyFile(Self.policy("one", allowing: "*/unary"))
    let provider = try AuthorizationPolicyProvider(file: file.path)
    let test = try AuthorizedServer(provider)
    try await withShutdown(of: test.server) {
      #expect(try await isAllowed(test))
      try file.replace(by: Self.policy("two", allowing: "*/other"))
      // The watch looks by itself.
      while provider.policy.name != "two" { try await Task.sleep(for: .milliseconds(50)) }
      #expect(try await !isAllowed(test))
      try file.replace(by: Self.policy("three", allowing: "*/unary"))
      provider.look()
      #expect(provider.policy.name == "three")
      #expect(try await isAllowed(test))
    }
  }

  @Test("The old policy stays while the file cannot be used", arguments: [nil, "", "{}", "{\"name\": \"n\"", "[]"])
  func spoiled(text: String?) async throws {
    let file = try PolicyFile(Self.policy("one", allowing: "*/unary"))
    let provider = try AuthorizationPolicyProvider(file: file.path)
    let test = try AuthorizedServer(provider)
    try await withShutdown(of: test.server) {
      if let text { try file.replace(by: text) } else { try file.remove() }
      provider.look()
      #expect(provider.policy.name == "one")
      #expect(try await isAllowed(test))
      // The second look reports it: the first one may have found half a file.
      provider.look()
      #expect(provider.problem != nil)
      #expect(provider.policy.name == "one")
      #expect(try await isAllowed(test))
      try file.replace(by: Self.policy("two", allowing: "*/other"))
      provider.look()
      #expect(provider.problem == nil)
      #expect(try await !isAllowed(test))
    }
  }

  @Test("The same file again is not a problem any more")
  func restored() throws {
    let file = try PolicyFile(Self.policy("one", allowing: "*"))
    let provider = try AuthorizationPolicyProvider(file: file.path)
    try file.replace(by: "{}")
    provider.look()
    provider.look()
    #expect(provider.problem == "name is missing")
    try file.replace(by: Self.policy("one", allowing: "*"))
    provider.look()
    #expect(provider.problem == nil)
  }

  @Test("The watch does not keep a provider")
  func release() async throws {
    let file = try PolicyFile(Self.policy("one", allowing: "*"))
    weak var provider: AuthorizationPolicyProvider?
    do {
      let strong = try AuthorizationPolicyProvider(file: file.path)
      provider = strong
      strong.look()
    }
    // Only while it looks.
    while provider != nil { await Task.yield() }
  }
}
