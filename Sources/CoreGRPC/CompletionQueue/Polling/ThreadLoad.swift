import CGRPC

/// The system's counts for a thread: the time for which it has had something to do, and whether it waits.
///
/// Linux has them in `/proc/self/task/ID/schedstat` and `stat`. Where the system does not, the times stay 0.
final class ThreadLoad: Sendable {
  private let counts: CountsFile
  private let status: CountsFile

  /// Opens the files of the current thread, which any thread may then read.
  init() {
    let folder = "/proc/self/task/\(cgrpc_thread_id())"
    counts = CountsFile("\(folder)/schedstat")
    status = CountsFile("\(folder)/stat")
  }

  /// The counts since the thread's start.
  struct Totals: Sendable, Hashable {
    /// The time that the thread has run.
    var runTime = Duration.zero

    /// The time that the thread has run, or waited for a processor.
    ///
    /// By processor time alone, a thread that shares its processor with another process would seem to have time left.
    var busyTime = Duration.zero

    /// The number of times that it was given a processor: after each sleep, and after each wait for a processor.
    var turnCount = 0

    static func + (first: Totals, second: Totals) -> Totals {
      Totals(
        runTime: first.runTime + second.runTime,
        busyTime: first.busyTime + second.busyTime,
        turnCount: first.turnCount + second.turnCount
      )
    }

    static func - (first: Totals, second: Totals) -> Totals {
      Totals(
        runTime: first.runTime - second.runTime,
        busyTime: first.busyTime - second.busyTime,
        turnCount: first.turnCount - second.turnCount
      )
    }
  }

  var totals: Totals {
    // The time run and the time waited, in nanoseconds, and the number of turns.
    guard let counts: InlineArray<3, Int> = counts.numbers() else { return Totals() }
    return Totals(
      runTime: .nanoseconds(counts[0]),
      busyTime: .nanoseconds(counts[0] + counts[1]),
      turnCount: counts[2]
    )
  }

  /// The time that the thread has run since its start; `nil` where the system does not say.
  var runTime: Duration? {
    guard let counts: InlineArray<1, Int> = counts.numbers() else { return nil }
    return .nanoseconds(counts[0])
  }

  /// Whether the thread waits for an event or a signal, and not for a processor or for memory; `nil` where the system
  /// does not say.
  var isIdle: Bool? { Self.state(status).map { $0 == UInt8(ascii: "S") } }

  /// Whether the thread waits for something other than a processor; `nil` where the system does not say.
  var isAsleep: Bool? { Self.isAsleep(status) }

  /// Returns whether a thread of this process waits for something other than a processor, without keeping a file open.
  static func isAsleep(thread: Int32) -> Bool? { isAsleep(CountsFile("/proc/self/task/\(thread)/stat")) }

  private static func isAsleep(_ status: CountsFile) -> Bool? { state(status).map { $0 != UInt8(ascii: "R") } }

  /// Returns the letter of the thread's state: R for one that runs or would, S for one that a signal can wake.
  private static func state(_ status: CountsFile) -> UInt8? {
    // The thread's number, its name in parentheses, and its state.
    status.letter(behindLast: ")")
  }
}
