import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("Options of the programs", .serialized, .timeLimit(.minutes(5)))
struct ProgramOptionTests {
  @Test("Options come from flags, then from the environment, then from a file")
  func sources() async throws {
    let file = try TemporaryFile(#"{"listen": ["127.0.0.1:0"], "access-log": true, "log-format": "json"}"#)
    let environment = ["COMPUTE_SERVER_LOG_FORMAT": "text", "COMPUTE_SERVER_CONFIG": file.path]
    for (flags, isLogged) in [([], true), (["--no-access-log"], false)] {
      let server = try Programs.server(flags, environment: environment)
      let bound = try #require(await server.line(after: "running... "))
      let client = try await ChildProcess.run(
        Locations.executable("compute-client"),
        ["--no-json", "abc"],
        environment: ["COMPUTE_CLIENT_TARGET": bound, "COMPUTE_CLIENT_JSON": "yes"]
      )
      #expect(client.output == "received: 3\n")
      server.signal(SIGTERM)
      let outcome = await server.outcome()
      #expect(outcome.status == 0)
      #expect(outcome.errors.contains("Z info compute.Compute/SayHello OK ") == isLogged, "\(outcome.errors)")
    }
  }

  @Test(
    "A bad value names the variable, or the file and the key, in one line",
    arguments: [
      (["COMPUTE_SERVER_GRACE": "soon"], "{}", "'soon' is invalid for COMPUTE_SERVER_GRACE"),
      (["COMPUTE_SERVER_MAX_STREAMS": "0"], "{}", "'0' is invalid for COMPUTE_SERVER_MAX_STREAMS"),
      (["COMPUTE_SERVER_LISTEN": "nowhere"], "{}", "COMPUTE_SERVER_LISTEN"),
      ([:], #"{"log-level": "loud"}"#, "'loud' is invalid for 'log-level' in "),
      ([:], #"{"lisen": "127.0.0.1:0"}"#, "'lisen'"), ([:], "{", "is not JSON"),
      (["COMPUTE_SERVER_TLS_CERT": "x"], "{}", "--tls-key"),
    ]
  )
  func badValues(environment: [String: String], settings: String, named: String) async throws {
    let file = try TemporaryFile(settings)
    let outcome = try await ChildProcess.run(
      Locations.executable("compute-server"),
      ["--config", file.path],
      environment: environment
    )
    #expect(outcome.status == 64 && !outcome.wasKilled)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("error: ") && outcome.errors.contains(named), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test("Callers need a token, which both ends read again; health and reflection need none; logs have no token")
  func tokens() async throws {
    let accepted = try TemporaryFile("# of the client\n\n  first-secret \nother-secret\n")
    let own = try TemporaryFile("first-secret\n")
    let server = try Programs.server(
      ["--listen", "127.0.0.1:0", "--listen", "unix-abstract:coregrpc-\(UUID())", "--token-file", accepted.path]
        + ["--access-log", "--log-level", "debug"]
    )
    let bound = try #require(await server.line(after: "running... ")).split(separator: " ").map(String.init)
    var errors = ""
    for (arguments, status) in [
      (["--target", bound[0]], "UNAUTHENTICATED: the call has no token"),
      (["--target", bound[0], "--token-file", own.path], "not sent over a connection without encryption"),
      (["--target", bound[0], "--token-file", own.path, "--plaintext-token"], nil),
      (["--target", bound[1], "--token-file", own.path], nil),
      (["--target", bound[1], "--token-file", accepted.path + "x"], "UNAUTHENTICATED: cannot read "),
    ] {
      let outcome = try await Programs.client(arguments)
      #expect(outcome.output == (status == nil ? "received: 6\n" : ""), "\(arguments) \(outcome.errors)")
      if let status { #expect(outcome.errors.contains(status), "\(outcome.errors)") }
      errors += outcome.errors
    }
    let health = try await Programs.client(["health", "--target", bound[0]])
    #expect(health.output == "SERVING\n" && health.status == 0)
    let reflection = MethodDescriptor(
      fullyQualifiedService: "grpc.reflection.v1.ServerReflection",
      method: "ServerReflectionInfo"
    )
    // An answer to the request for the names of all services.
    let request = ClientRequest(message: [0x3A, 0x00] as [UInt8])
    #expect(try await Channel(target: bound[0]).unary(request: request, descriptor: reflection).message.count > 20)

    // The server looks for new tokens once a second. Until then this one is refused.
    try own.write("second-secret\n")
    try accepted.write("second-secret\n")
    let arguments = ["--target", bound[1], "--token-file", own.path]
    var outcome = try await Programs.client(arguments)
    while outcome.status != 0 {
      #expect(outcome.errors.contains("UNAUTHENTICATED: the token is not accepted"), "\(outcome.errors)")
      errors += outcome.errors
      outcome = try await Programs.client(arguments)
    }
    try own.write("first-secret\n")
    #expect(try await Programs.client(arguments).status == 1)

    server.signal(SIGTERM)
    let last = await server.outcome()
    #expect(last.status == 0)
    #expect(last.errors.contains("read the tokens again"), "\(last.errors)")
    #expect(!(last.errors + last.output + errors).contains("secret"))
  }

  @Test("A policy says who may call what, and is read again")
  func policy() async throws {
    let rules = #"{"name": "p", "allow_rules": [{"name": "r", "request": {"paths": ["PATH"]}}]}"#
    let file = try TemporaryFile(rules.replacing("PATH", with: "/grpc.health.v1.Health/*"))
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--authorization-policy", file.path])
    let bound = try #require(await server.line(after: "running... "))
    let denied = try await Programs.client(["--target", bound])
    #expect(denied.status == 1 && denied.errors.hasPrefix("error: PERMISSION_DENIED"), "\(denied.errors)")
    #expect(try await Programs.client(["health", "--target", bound]).output == "SERVING\n")
    try file.write(rules.replacing("PATH", with: "/compute.Compute/*"))
    while try await Programs.client(["--target", bound]).status != 0 {}
    #expect(try await Programs.client(["health", "--target", bound]).status == 1)
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
    try file.write("{}")
    let invalid = try await ChildProcess.run(
      Locations.executable("compute-server"),
      ["--listen", "127.0.0.1:0", "--authorization-policy", file.path]
    )
    #expect(invalid.status == 1 && invalid.errors.contains(file.path), "\(invalid.errors)")
  }

  @Test("A file without a token is an error", arguments: ["", "# none\n", "\n \n"])
  func noTokens(text: String) async throws {
    let file = try TemporaryFile(text)
    let outcome = try await ChildProcess.run(
      Locations.executable("compute-server"),
      ["--listen", "127.0.0.1:0", "--token-file", file.path]
    )
    #expect(outcome.status == 1 && outcome.errors == "error: there is no token in \(file.path)\n")
  }

  @Test("Services and sizes are bounded as options say")
  func limits() async throws {
    let server = try Programs.server(["--listen", "127.0.0.1:0", "--max-request", "100", "--no-health"])
    let bound = try #require(await server.line(after: "running... "))
    #expect(try await Programs.client(["--target", bound, "short"]).output == "received: 5\n")
    let long = try await Programs.client(["--target", bound, String(repeating: "x", count: 200)])
    #expect(long.errors.hasPrefix("error: RESOURCE_EXHAUSTED"), "\(long.errors)")
    let health = try await Programs.client(["health", "--target", bound])
    #expect(health.status == 1 && health.errors.hasPrefix("error: UNIMPLEMENTED"), "\(health.errors)")
    server.signal(SIGTERM)
    #expect(await server.outcome().status == 0)
  }
}
