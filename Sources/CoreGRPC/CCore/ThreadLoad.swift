import CGRPC

/// What the system knows of a thread: how long it has had something to do, and whether it waits.
///
/// Linux says so in `/proc/self/task/ID/schedstat` and `stat`. Where the system does not, the times stay 0.
final class ThreadLoad: Sendable {
  private let counts: CountsFile
  private let status: CountsFile

  /// Opens what there is on the current thread, which any thread may then read.
  init() {
    let folder = "/proc/self/task/\(cgrpc_thread_id())"
    counts = CountsFile("\(folder)/schedstat")
    status = CountsFile("\(folder)/stat")
  }

  /// What has been counted since the thread's start.
  struct Totals: Sendable, Hashable {
    /// How long the thread has run, or waited for a processor.
    ///
    /// Processor time alone would take a thread that shares its processor with another process for one with time left.
    var busyTime = Duration.zero

    /// How often it was given a processor: after each time that it slept, and after each time that it had to wait.
    var turnCount = 0

    static func + (first: Totals, second: Totals) -> Totals {
      Totals(busyTime: first.busyTime + second.busyTime, turnCount: first.turnCount + second.turnCount)
    }

    static func - (first: Totals, second: Totals) -> Totals {
      Totals(busyTime: first.busyTime - second.busyTime, turnCount: first.turnCount - second.turnCount)
    }
  }

  var totals: Totals {
    // The time run and the time waited, in nanoseconds, and the number of turns.
    guard let counts: InlineArray<3, Int> = counts.numbers() else { return Totals() }
    return Totals(busyTime: .nanoseconds(counts[0] + counts[1]), turnCount: counts[2])
  }

  /// How long the thread has run since its start; `nil` where the system does not say.
  var runTime: Duration? {
    guard let counts: InlineArray<1, Int> = counts.numbers() else { return nil }
    return .nanoseconds(counts[0])
  }

  /// Whether the thread waits for something other than a processor; `nil` where the system does not say.
  var isAsleep: Bool? { Self.isAsleep(status) }

  /// Whether a thread of this process waits for something other than a processor, for which no file is kept open.
  static func isAsleep(thread: Int32) -> Bool? { isAsleep(CountsFile("/proc/self/task/\(thread)/stat")) }

  private static func isAsleep(_ status: CountsFile) -> Bool? {
    // The thread's number, its name in parentheses, and its state: R for one that runs or would.
    status.letter(behindLast: ")").map { $0 != UInt8(ascii: "R") }
  }
}
