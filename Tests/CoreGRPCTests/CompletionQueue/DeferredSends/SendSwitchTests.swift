import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The switches for deferring and coalescing sends", .timeLimit(.minutes(5)))
struct SendSwitchTests {
  @Test("Unary calls have the same results with each switch on and off", arguments: [true, false], [true, false])
  func unary(defers: Bool, coalesces: Bool) async throws {
    var configuration = Server.Configuration()
    configuration.defersSends = defers
    configuration.coalescesSends = coalesces
    try await withTestServer(configuration: configuration) { request, _ in
      let text = "\(request.message[0])"
      switch request.message[0] % 8 {
      case 0: throw RPCError(code: .notFound, message: text, metadata: ["x-trailing": .string(text)])
      // More than fits into one frame of HTTP/2.
      case 1: return ServerResponse(message: [UInt8](repeating: request.message[0], count: 17_000))
      case 2: return ServerResponse(message: request.message, compression: .gzip)
      default:
        return ServerResponse(
          message: request.message,
          metadata: ["x-initial": .string(text)],
          trailingMetadata: ["x-trailing": .string(text)]
        )
      }
    } body: { test in
      try await withThrowingTaskGroup { group in
        for index in UInt8(0)..<64 {
          group.addTask {
            for _ in 0..<5 {
              do throws(RPCError) {
                let response = try await test.call([index])
                #expect(index % 8 != 0)
                #expect(!response.message.isEmpty && response.message.allSatisfy { $0 == index })
                guard index % 8 > 2 else { continue }
                #expect(Array(response.metadata["x-initial"]) == [.string("\(index)")])
                #expect(Array(response.trailingMetadata["x-trailing"]) == [.string("\(index)")])
              } catch {
                #expect(index % 8 == 0 && error.code == .notFound && error.message == "\(index)", "\(error)")
                #expect(Array(error.metadata["x-trailing"]) == [.string("\(index)")])
              }
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("Streams have the same results with each switch on and off", arguments: [true, false], [true, false])
  func streams(defers: Bool, coalesces: Bool) async throws {
    var configuration = Server.Configuration()
    configuration.defersSends = defers
    configuration.coalescesSends = coalesces
    try await withStreamServer(configuration: configuration) { test in
      try await withThrowingTaskGroup { group in
        for index in UInt8(0)..<64 {
          group.addTask {
            let messages = (UInt8(0)..<20).map { [UInt8](repeating: $0, count: index % 16 == 0 ? 17_000 : Int(index)) }
            let answers = try await test.echo(messages)
            #expect(answers == messages)
          }
        }
        try await group.waitForAll()
      }
    }
  }

  struct Case {
    /// The settings of the program: see `race-peer`.
    var settings: [String] = []
    var environment: [String: String] = [:]
    let deferred: String
    let coalesced: String
  }

  private static let cases = [
    Case(deferred: "some", coalesced: "some"),
    Case(environment: ["COREGRPC_COALESCE_SENDS": "0"], deferred: "some", coalesced: "none"),
    Case(environment: ["COREGRPC_DEFER_SENDS": "0"], deferred: "none", coalesced: "none"),
    Case(settings: ["one-by-one"], deferred: "some", coalesced: "none"),
    Case(settings: ["immediate", "pool"], deferred: "none", coalesced: "none"),
    // What a channel's calls send on a polling thread is deferred, too, which the server does not say.
    Case(settings: ["immediate"], deferred: "some", coalesced: "none"),
    Case(settings: ["immediate"], environment: ["COREGRPC_DEFER_SENDS": "0"], deferred: "none", coalesced: "none"),
  ]

  @Test("C-core starts replies as it writes one, unless a switch says otherwise", arguments: cases)
  func counts(_ example: Case) async throws {
    // Programs of their own: the counts are the process's.
    let peer = try Locations.executable("race-peer")
    var arguments = ["sends"] + example.settings
    if example.deferred == "some" { arguments.append("until-deferred") }
    if example.coalesced == "some" { arguments.append("until-coalesced") }
    let outcome = try await ChildProcess.run(peer, arguments, environment: example.environment)
    // On a slow machine its many calls look as if their handlers blocked, which the log tells.
    let errors = outcome.errors.split(separator: "\n").filter { !$0.contains("handlers block or compute") }
    #expect(errors.isEmpty)
    #expect(outcome.output == "deferred: \(example.deferred), coalesced: \(example.coalesced)\n")
  }
}
