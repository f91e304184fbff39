import Compute
import CoreGRPC
import Foundation
import TestSupport
import Testing

@Suite("The program compute-client", .serialized, .timeLimit(.minutes(5)))
struct ComputeClientProgramTests {
  @Test("It prints an answer for each text, in their order", arguments: ["1", "4"])
  func texts(concurrency: String) async throws {
    try await withServer { target in
      let outcome = try await Programs.client(
        ["--target", target, "--concurrency", concurrency, "👨‍👩‍👧", "", "-", "e\u{301}"],
        input: Array("a\0b\r\n\nlast".utf8)
      )
      #expect(outcome.output == "received: 5\nreceived: 0\nreceived: 3\nreceived: 0\nreceived: 4\nreceived: 2\n")
      #expect(outcome.status == 0)
    }
  }

  @Test("10,000 lines come out in the order in which they went in")
  func manyLines() async throws {
    try await withServer { target in
      let lines = (0..<10_000).map { $0 % 97 }
      let input = lines.map { String(repeating: "é", count: $0) + "\n" }.joined()
      let outcome = try await Programs.client(
        ["--target", target, "--concurrency", "20", "-"],
        input: Array(input.utf8)
      )
      #expect(outcome.output == lines.map { "received: \($0)\n" }.joined())
      #expect(outcome.status == 0)
    }
  }

  @Test("A line that is not UTF-8 is named; the lines before it are answered")
  func badLine() async throws {
    try await withServer { target in
      let outcome = try await Programs.client(["--target", target, "-"], input: Array("ab\n".utf8) + [0xFF, 0x0A])
      #expect(outcome.output == "received: 2\n")
      #expect(outcome.errors == "error: standard input, line 2: not valid UTF-8\n")
      #expect(outcome.status == 1)
    }
  }

  @Test("Many calls end with a summary")
  func summary() async throws {
    try await withServer { target in
      let outcome = try await Programs.client([
        "--target", target, "--count", "500", "--concurrency", "10", "abc", "de",
      ])
      let lines = outcome.output.split(separator: "\n")
      #expect(lines.count == 4)
      #expect(lines[0] == "received: 3")
      #expect(lines[1] == "received: 2")
      #expect(lines[2].hasPrefix("calls: 1000 (1000 OK, 0 failed) in "))
      #expect(lines[3].hasPrefix("latency (ms): p50 "))
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
    }
  }

  @Test("A server that is not there is UNAVAILABLE, and the exit status is 1")
  func deadServer() async throws {
    let outcome = try await Programs.client(["--target", "unix:/nonexistent/socket"])
    #expect(outcome.status == 1)
    #expect(outcome.output.isEmpty)
    #expect(outcome.errors.hasPrefix("error: UNAVAILABLE: "))
    #expect(outcome.errors.split(separator: "\n").count == 1)
  }

  @Test(
    "Answers that cannot be written are an error",
    arguments: [
      (#"exec "$0" "$@" > /dev/full"#, "No space left on device"), (#"exec "$0" "$@" >&-"#, "Bad file descriptor"),
      // What is written to goes away first.
      (#"exec 3> >(:); wait $!; exec "$0" "$@" >&3"#, "Broken pipe"),
    ]
  )
  func unwritableOutput(script: String, reason: String) async throws {
    try await withServer { target in
      for arguments in [["a", "b"], ["--count", "2", "a"]] {
        let outcome = try await ChildProcess.run(
          URL(filePath: "/bin/bash"),
          ["-c", script, Locations.executable("compute-client").path, "--target", target] + arguments
        )
        #expect(outcome.status == 1 && !outcome.wasKilled)
        #expect(outcome.errors == "error: cannot write to standard output: \(reason)\n")
      }
    }
  }

  @Test("A server that never comes up ends in the deadline")
  func waitForReady() async throws {
    let outcome = try await Programs.client(
      ["--target", "unix:/nonexistent/socket", "--wait-for-ready", "--timeout", "200ms"]
    )
    #expect(outcome.status == 1)
    #expect(outcome.errors.hasPrefix("error: DEADLINE_EXCEEDED"))
  }

  @Test(
    "Bad usage is one line on standard error that names the input",
    arguments: [
      (["--count", "0"], 64, "not 0"), (["--concurrency=-1"], 64, "-1"), (["--timeout", "x"], 64, "'x'"),
      (["--tarjet", "x"], 64, "'--tarjet'"), (["-", "-"], 64, "-"), (["--log-level", "loud"], 64, "'loud'"),
      (["--target", "ipv4:nonsense"], 1, "ipv4:nonsense"),
    ]
  )
  func badUsage(arguments: [String], status: Int32, named: String) async throws {
    let outcome = try await Programs.client(arguments)
    #expect(outcome.status == status && !outcome.wasKilled)
    #expect(outcome.errors.hasPrefix("error: "))
    #expect(outcome.errors.contains(named), "\(outcome.errors)")
    #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
  }

  @Test("SIGINT ends many calls with a summary of those that were made")
  func interrupt() async throws {
    try await withServer { target in
      let client = try ChildProcess(
        Locations.executable("compute-client"),
        ["--target", target, "--count", "100000000", "--concurrency", "2", "--timeout", "20s"]
      )
      // The program traps the signal before it calls, and the load is on when the server has seen its calls.
      while !(await isBusy(client)) { await Task.yield() }
      client.signal(SIGINT)
      let outcome = await client.outcome()
      #expect(outcome.status == 1 && !outcome.wasKilled)
      #expect(outcome.output.contains("calls: "))
    }
  }

  /// Whether the process has used processor time enough to be past its start: 20 hundredths of a second.
  private func isBusy(_ process: ChildProcess) async -> Bool {
    guard let text = try? String(contentsOfFile: "/proc/\(process.identifier)/stat", encoding: .utf8) else {
      return true
    }
    let fields = text.split(separator: " ")
    return (Int(fields[13]) ?? 0) + (Int(fields[14]) ?? 0) > 20
  }

  private func withServer(_ body: (String) async throws -> Void) async throws {
    let server = Server(services: [ComputeService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await body(address.description)
    await server.shutdown(gracePeriod: .zero)
  }
}
