import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Signals and the library's threads", .timeLimit(.minutes(5)))
struct SignalTests {
  private static func peer(_ place: String, _ deed: String) async throws -> ChildProcess.Outcome {
    // Without the names of the functions, which are looked up in megabytes of the debugger's tables.
    let settings = "enable=yes,color=no,interactive=no,symbolicate=off,threads=crashed,images=none,output-to=stderr"
    return try await ChildProcess.run(
      Locations.executable("race-peer"),
      ["signals", place, deed],
      environment: ["SWIFT_BACKTRACE": settings]
    )
  }

  private static func isBacktrace(_ report: String, ofThread name: String) -> Bool {
    report.contains("\"\(name)\" crashed")
  }

  /// Whether a crash beside the library's threads gives a backtrace: a runtime without the toolchain has none.
  private static func hasBacktraces() async throws -> Bool {
    // A sanitizer has its own report, and keeps the program that makes a backtrace waiting for ever.
    let isSanitized = ["__asan_init", "__tsan_init"].contains { (name: String) in dlsym(nil, name) != nil }
    guard !isSanitized else { return false }
    return try await peer("main", "trap").errors.contains("Program crashed")
  }

  @Test(
    "A crash in a handler, or in a client's task, gives Swift's backtrace",
    .enabled("Swift's runtime has no backtraces here") { try await hasBacktraces() },
    arguments: [("poller", "grpc-server"), ("lane", "grpc-server-wor"), ("client", "grpc-client")],
    ["trap", "fault"]
  )
  func backtrace(in place: (String, thread: String), by deed: String) async throws {
    let outcome = try await Self.peer(place.0, deed)
    #expect(outcome.wasKilled)
    #expect(Self.isBacktrace(outcome.errors, ofThread: place.thread), "\(outcome.errors)")
  }

  @Test(
    "A child process that a handler or a client's task starts blocks no signal but SIGPIPE",
    arguments: ["poller", "lane", "client"]
  )
  func childProcess(in place: String) async throws {
    let outcome = try await Self.peer(place, "mask")
    #expect(outcome.status == 0)
    #expect(outcome.output == "SigBlk:\t0000000000001000\n")
  }

  @Test(
    "A handler or a client's task that writes to a closed pipe gets an error",
    arguments: ["poller", "lane", "client"]
  )
  func closedPipe(in place: String) async throws {
    let outcome = try await Self.peer(place, "pipe")
    #expect(outcome.status == 0)
    #expect(outcome.output == "EPIPE\n")
  }

  @Test("A mask is read as Linux writes it")
  func mask() throws {
    let status = "Name:\tSigBlk:\nSigBlk:\t0000000000004004\nSigIgn:\t0000000000001000\n"
    let mask = try #require(SignalMask(status: status))
    #expect(blocked(by: mask) == [SIGQUIT, SIGTERM])
    #expect(SignalMask(status: "Name:\tx\n") == nil)
    #expect(SignalMask(status: "SigBlk:\tx\n") == nil)
  }

  @Test("A new thread blocks what the main thread blocks and SIGPIPE, but no signal that a thread's own code raises")
  func newThread() {
    func mask(_ signals: Int32...) -> String {
      "SigBlk:\t" + String(signals.reduce(UInt64(0)) { $0 | 1 << UInt64($1 - 1) }, radix: 16) + "\n"
    }
    #expect(blocked(by: .forNewThread { mask(SIGUSR1, SIGILL, SIGTERM) }) == [SIGUSR1, SIGPIPE, SIGTERM])
    // Without descriptors, for instance.
    let own = SignalMask.ofCurrentThread
    #expect(
      blocked(by: .forNewThread { nil })
        == (1...64).filter { $0 == SIGPIPE || own.contains($0) && !SignalMask.raisedByCode.contains($0) }
    )
    // As it is for a moment, and afterwards.
    var statuses = [mask(SIGUSR1), mask(SIGUSR1, SIGSEGV, SIGTERM)]
    #expect(blocked(by: .forNewThread { statuses.popLast() }) == [SIGUSR1, SIGPIPE])
  }

  private func blocked(by mask: SignalMask) -> [Int32] { (1...64).filter(mask.contains) }
}
