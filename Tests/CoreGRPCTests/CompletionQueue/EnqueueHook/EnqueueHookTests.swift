import TestSupport
import Testing

@testable import CoreGRPC

@Suite("The hook of the concurrency runtime", .timeLimit(.minutes(5)))
struct EnqueueHookTests {
  @Test("The runtime has the hook, and uses it as the library expects")
  func isUnderstood() { #expect(EnqueueHook.state == .installed) }

  struct Case {
    /// Another library that sets the hook: see `race-peer`.
    let other: String
    var environment: [String: String] = [:]
    /// The threads on which a task resumes that has waited for a response.
    let resumes: String
    /// The number of jobs that come to the other library's hook: few or many.
    let jobs: String
  }

  private static let cases = [
    Case(other: "none", resumes: "pollers", jobs: "few"),
    Case(other: "none", environment: ["COREGRPC_ENQUEUE_HOOK": "0"], resumes: "pool", jobs: "few"),
    // What the library takes does not come to the other one.
    Case(other: "before", resumes: "pollers", jobs: "few"),
    Case(other: "before", environment: ["COREGRPC_ENQUEUE_HOOK": "0"], resumes: "pool", jobs: "many"),
    Case(other: "after", resumes: "pollers", jobs: "many"),
    Case(other: "replacing", resumes: "pool", jobs: "many"),
  ]

  @Test(
    "Tasks resume on polling threads, unless that is switched off or another library takes the hook",
    arguments: cases
  )
  func others(_ example: Case) async throws {
    // Programs of their own: there is one hook in a process.
    let peer = try Locations.executable("race-peer")
    let outcome = try await ChildProcess.run(peer, ["hook", example.other], environment: example.environment)
    #expect(outcome.errors == "")
    #expect(outcome.output == "resumes: \(example.resumes), jobs: \(example.jobs), yields to: pool\n")
  }
}
