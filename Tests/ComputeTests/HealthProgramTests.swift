import Compute
import CoreGRPC
import CoreGRPCServices
import Foundation
import TestSupport
import Testing

@Suite("The program compute-client health", .serialized, .timeLimit(.minutes(5)))
struct HealthProgramTests {
  private func withServer(_ body: (String, HealthService.Provider) async throws -> Void) async throws {
    let health = HealthService()
    let server = Server(services: [ComputeService(), health])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await body(address.description, health.provider)
    await server.shutdown(gracePeriod: .zero)
  }

  @Test("The exit status tells whether a service serves")
  func check() async throws {
    try await withServer { target, provider in
      provider.updateStatus(.notServing, forService: "down")
      for (arguments, output, status) in [
        ([], "SERVING\n", 0), (["--service", "down"], "NOT_SERVING\n", 4), (["--service", "none"], "", 1),
        (["--json"], "{\"service\":\"\",\"status\":\"SERVING\"}\n", 0),
        (["--json", "--service", "down"], "{\"service\":\"down\",\"status\":\"NOT_SERVING\"}\n", 4),
      ] as [([String], String, Int32)] {
        let outcome = try await Programs.client(["health", "--target", target] + arguments)
        #expect(outcome.output == output && outcome.status == status, "\(arguments) \(outcome.errors)")
        if status == 1 { #expect(outcome.errors.hasPrefix("error: NOT_FOUND"), "\(outcome.errors)") }
      }
    }
  }

  @Test("The service and the timeout come from the environment and the file, too")
  func settings() async throws {
    try await withServer { target, provider in
      provider.updateStatus(.notServing, forService: "down")
      let variables = ["COMPUTE_CLIENT_TARGET": target, "COMPUTE_CLIENT_SERVICE": "down"]
      let variable = try await Programs.client(["health"], environment: variables)
      #expect(variable.output == "NOT_SERVING\n" && variable.status == 4, "\(variable.errors)")
      let flag = try await Programs.client(["health", "--service", ""], environment: variables)
      #expect(flag.output == "SERVING\n", "\(flag.errors)")
      let file = try TemporaryFile(#"{"service": "down", "watch": false, "timeout": "never"}"#)
      let invalid = try await Programs.client(["health", "--target", target, "--config", file.path])
      #expect(invalid.status != 0 && invalid.errors.contains("'timeout' in \(file.path)"), "\(invalid.errors)")
      let calls = try TemporaryFile(#"{"service": "down", "watch": false, "timeout": "5s"}"#)
      let call = try await Programs.client(["--target", target, "--config", calls.path])
      #expect(call.status == 0, "\(call.errors)")
      let empty = try await Programs.client(["--target", target], environment: ["COMPUTE_CLIENT_TLS": ""])
      #expect(empty.status != 0 && empty.errors.contains("The value of COMPUTE_CLIENT_TLS is empty"), "\(empty.errors)")
    }
  }

  @Test("A watch can be asked for in the environment, and the timeout of calls there does not end it")
  func watchOfEnvironment() async throws {
    try await withServer { target, _ in
      let client = try ChildProcess(
        Locations.executable("compute-client"),
        ["health", "--target", target],
        environment: ["COMPUTE_CLIENT_WATCH": "true", "COMPUTE_CLIENT_TIMEOUT": "1ms"]
      )
      #expect(await client.line(after: "SERVING") != nil)
      client.signal(SIGINT)
      #expect(await client.outcome().status == 0)
    }
  }

  @Test("A server that is not there is an error, in text and in JSON")
  func deadServer() async throws {
    let arguments = ["health", "--target", "unix:/nonexistent/socket"]
    let text = try await Programs.client(arguments)
    #expect(text.status == 1 && text.output.isEmpty && text.errors.hasPrefix("error: UNAVAILABLE"), "\(text.errors)")
    let json = try await Programs.client(arguments + ["--json"])
    #expect(json.status == 1 && json.output.isEmpty)
    #expect(json.errors.hasPrefix(#"{"error":{"code":"UNAVAILABLE","message":""#), "\(json.errors)")
  }

  @Test("A watch prints each status, and ends with a signal")
  func watch() async throws {
    try await withServer { target, provider in
      let client = try ChildProcess(
        Locations.executable("compute-client"),
        ["health", "--target", target, "--watch", "--service", "mine"]
      )
      #expect(await client.line(after: "SERVICE_UNKNOWN") != nil)
      provider.updateStatus(.serving, forService: "mine")
      #expect(await client.line(after: "SERVING") != nil)
      provider.updateStatus(.notServing, forService: "mine")
      #expect(await client.line(after: "NOT_SERVING") != nil)
      provider.updateStatus(.serving, forService: "mine")
      #expect(await client.line(after: "SERVING") != nil)
      client.signal(SIGINT)
      let outcome = await client.outcome()
      #expect(outcome.status == 0 && !outcome.wasKilled && outcome.errors.isEmpty, "\(outcome.errors)")
    }
  }

  @Test("`health` after another argument is a text")
  func text() async throws {
    try await withServer { target, _ in
      let outcome = try await Programs.client(["--target", target, "health"])
      #expect(outcome.output == "received: 6\n")
    }
  }

  private struct Line: Decodable, Equatable {
    struct Failure: Decodable, Equatable {
      var code: String?
      var message: String
    }
    struct Failures: Decodable, Equatable {
      var count: Int
      var error: Failure
    }

    var text: String?
    var received: String?
    var error: Failure?
    var calls: Int?
    var succeeded: Int?
    var failed: Int?
    var errors: [Failures]?
    var latencyMilliseconds: [String: Double]?
  }

  private func lines(_ text: String) throws -> [Line] {
    try text.split(separator: "\n").map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
  }

  @Test("With --json each result and each error is an object on a line")
  func json() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--max-request", "50"])
    let bound = try #require(await server.line(after: "running... "))
    let long = String(repeating: "x", count: 60)
    let outcome = try await Programs.client(["--target", bound, "--json", "a\"\n\\", long, "-"], input: [0xFF, 0x0A])
    let results = try lines(outcome.output)
    #expect(outcome.status == 1 && results.count == 2)
    #expect(results.first == Line(text: "a\"\n\\", received: "4"))
    #expect(results.last?.text == long && results.last?.error?.code == "RESOURCE_EXHAUSTED")
    #expect(try lines(outcome.errors) == [Line(error: .init(message: "standard input, line 1: not valid UTF-8"))])

    let many = try await Programs.client(["--target", bound, "--json", "--count", "3", "abc", long])
    let report = try lines(many.output)
    #expect(many.status == 1 && many.errors.isEmpty && report.count == 2)
    #expect(report.first == Line(text: "abc", received: "3"))
    #expect(report.last?.calls == 6 && report.last?.succeeded == 3 && report.last?.failed == 3)
    #expect(report.last?.errors?.map(\.count) == [3])
    #expect(report.last?.latencyMilliseconds?.keys.sorted() == ["max", "p50", "p90", "p99", "p99.9"])
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
  }
}
