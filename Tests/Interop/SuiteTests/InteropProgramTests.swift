import Foundation
import TestSupport
import Testing

@Suite("The interop programs", .timeLimit(.minutes(5)))
struct InteropProgramTests {
  private func client(_ arguments: [String], environment: [String: String] = [:]) async throws -> ChildProcess.Outcome {
    try await ChildProcess.run(Locations.executable("interop-client"), arguments, environment: environment)
  }

  @Test("They meet with the official flags, in both spellings, plain and over TLS")
  func flags() async throws {
    let certificates = try await TestCertificates()
    let folder = ["COREGRPC_TEST_CERTIFICATES": certificates.folder.path]
    for useTLS in ["false", "true"] {
      let server = try ChildProcess(
        Locations.executable("interop-server"),
        ["--port=0", "--use_tls=\(useTLS)", "--host", "127.0.0.1"],
        environment: folder
      )
      let port = try #require(await server.line(after: "running... 127.0.0.1:"))
      let one = try await client(
        [
          "--server_host=127.0.0.1", "--server_port=\(port)", "--test_case=large_unary", "--use_tls=\(useTLS)",
          "--use_test_ca=true", "--server_host_override=foo.test.google.fr",
        ],
        environment: folder
      )
      #expect(one.output == "large_unary: passed\n", "\(one.errors)")
      #expect(one.status == 0)
      let two = try await client(
        [
          "--server_host", "127.0.0.1", "--server_port", port, "--test_case", "empty_unary,ping_pong",
          "--use_tls", useTLS, "--ca_file", certificates.path("ca.pem"),
        ]
      )
      #expect(two.output == "empty_unary: passed\nping_pong: passed\n", "\(two.errors)")
      server.signal(SIGTERM)
      let outcome = await server.outcome()
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }

  @Test("A server with files of the user's own asks for the client's certificate")
  func mutualTLS() async throws {
    let files = try await TestCertificates()
    let server = try ChildProcess(
      Locations.executable("interop-server"),
      [
        "--port=0", "--host=127.0.0.1", "--use_tls=true", "--tls_cert_file=\(files.path("server.pem"))",
        "--tls_key_file=\(files.path("server.key"))", "--ca_file=\(files.path("ca.pem"))",
      ]
    )
    let port = try #require(await server.line(after: "running... 127.0.0.1:"))
    let flags = ["--server_port=\(port)", "--use_tls=true", "--ca_file=\(files.path("ca.pem"))"]
    let identity = ["--tls_cert_file=\(files.path("client.pem"))", "--tls_key_file=\(files.path("client.key"))"]
    #expect(try await client(flags + identity).output == "large_unary: passed\n")
    let refused = try await client(flags)
    #expect(refused.status == 1)
    #expect(refused.errors.contains("error: large_unary: UNAVAILABLE"))
    server.signal(SIGTERM)
    let outcome = await server.outcome()
    #expect(outcome.status == 0, "\(outcome.errors)")
  }

  @Test("A case that fails is one line, the others are run, and the status is 1")
  func failure() async throws {
    let outcome = try await client([
      "--server_host=127.0.0.1", "--server_port=1", "--test_case=empty_unary,large_unary",
    ])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    let lines = outcome.errors.split(separator: "\n")
    #expect(lines.count == 2)
    #expect(lines.first?.hasPrefix("error: empty_unary: UNAVAILABLE: ") == true)
    #expect(lines.last?.hasPrefix("error: large_unary: UNAVAILABLE: ") == true)
  }

  @Test(
    "Bad usage is one line that names the input",
    arguments: [
      (["--server_port=1", "--test_case=nonsense"], "'nonsense'. There are: empty_unary, cacheable_unary"),
      (["--server_port=1", "--use_tls=maybe"], "'maybe'"), (["--server_port=99999"], "'99999'"), ([], "--server_port"),
      (["--server_port=1", "--tls_key_file=x"], "--tls_cert_file"),
      (["--server_port=1", "--soak_num_threads=0"], "not 0"),
    ]
  )
  func badUsage(arguments: [String], named: String) async throws {
    let outcome = try await client(arguments)
    #expect(outcome.status == 64)
    #expect(outcome.errors.contains(named), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test("Without test certificates the programs name the script that makes them")
  func noCertificates() async throws {
    let nowhere = ["COREGRPC_TEST_CERTIFICATES": "/nowhere"]
    let client = try await client(
      ["--server_port=1", "--use_tls=true", "--use_test_ca=true"],
      environment: nowhere
    )
    let server = try await ChildProcess.run(
      Locations.executable("interop-server"),
      ["--port=0", "--use_tls=true"],
      environment: nowhere
    )
    for outcome in [client, server] {
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("scripts/make-test-certificates /nowhere"), "\(outcome.errors)")
    }
  }
}
