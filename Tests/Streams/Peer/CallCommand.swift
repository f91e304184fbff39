import ArgumentParser
import CommandLineSupport
import CoreGRPC
import StreamSupport

struct CallCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "call",
    abstract: "Makes calls of the four kinds, and checks what becomes of them.",
    discussion: """
      Prints `ok CASE` or `FAILED CASE: why` for each case, and exits with 1 if any failed.

      The cases: \(StreamCase.allCases.map(\.rawValue).joined(separator: ", ")).
      """
  )

  @Option(help: "The server's target.")
  var target: String

  @Option(help: ArgumentHelp("The authorities to trust, PEM; with it the channel speaks TLS.", valueName: "file"))
  var ca: String?

  @Option(help: ArgumentHelp("The calls' authority, and the name in the server's certificate.", valueName: "name"))
  var authority: String?

  @Option(help: ArgumentHelp("The cases, with commas between them. (default: all)", valueName: "a,b,c"))
  var cases: String?

  @Option(help: ArgumentHelp("How many calls the case `deadlines` makes.", valueName: "n"))
  var calls = 1000

  @Option(
    help: ArgumentHelp(
      "Expect each kind of call to end with one of these codes, instead of the cases.",
      valueName: "CODE,CODE"
    )
  )
  var expect: String?

  func run() async throws {
    var configuration = Channel.Configuration()
    configuration.usesHTTPProxy = false
    if ca == nil { configuration.authority = authority }
    let credentials = ca.map {
      ChannelCredentials.tls(trustRoots: .certificates(.file($0)), serverHostname: authority)
    }
    let channel = try Channel(target: target, credentials: credentials ?? .insecure, configuration: configuration)
    let streams = StreamCalls(channel: channel)
    if let expect {
      let codes = expect.split(separator: ",").map(String.init)
      try await check(StreamKind.allCases.map(\.rawValue)) { name in
        try await expectRefusal(streams, of: name, with: codes)
      }
    } else {
      let runner = StreamCaseRunner(calls: streams, manyCalls: calls)
      try await check(try chosen.map(\.rawValue)) { name in
        guard let chosen = StreamCase(rawValue: name) else { return }
        try await runner.run(chosen)
      }
    }
  }

  private var chosen: [StreamCase] {
    get throws {
      guard let cases else { return StreamCase.allCases }
      return try cases.split(separator: ",").map { name in
        if let known = StreamCase(rawValue: String(name)) { return known }
        throw ValidationError("There is no case '\(name)'.")
      }
    }
  }

  private func check(_ names: [String], each: (String) async throws -> Void) async throws {
    var failed = false
    for name in names {
      let result: String
      do {
        try await each(name)
        result = "ok \(name)"
      } catch {
        failed = true
        // What a peer sends may have lines of its own.
        let reason = "\(error)".split(separator: "\n").joined(separator: " ")
        result = "FAILED \(name): \(reason)"
      }
      try StandardOutput.printLine(result)
    }
    if failed { throw ExitCode.failure }
  }

  /// Makes a call without a deadline, so that one that hangs is seen as such.
  private func expectRefusal(_ streams: StreamCalls, of name: String, with codes: [String]) async throws {
    guard let kind = StreamKind(rawValue: name) else { return }
    let outcome = await streams.call(kind, kind.requests(count: 3, size: 10), options: CallOptions())
    guard let error = outcome.error else { throw Mismatch("the call succeeded", expected: codes) }
    guard codes.contains(error.code.description) else { throw Mismatch("\(error)", expected: codes) }
  }
}
