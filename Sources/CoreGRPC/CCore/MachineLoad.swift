import Glibc

/// How many of the machine's processors have had nothing to do.
///
/// Linux counts that in `/proc/stat`, in ticks of usually 10 ms. For one observer.
final class MachineLoad: Sendable {
  private struct Reading {
    var ticks: Int
    var time: ContinuousClock.Instant
  }

  /// What was found out before that long tells nothing about now.
  private static let longestInterval = PollerCrew.window * 4

  private let counts = CountsFile("/proc/stat")
  private let last = Locked(Reading?.none)

  /// The number of idle processors, on average since this was last asked.
  ///
  /// Zero if that is long ago; all of them where the system does not say.
  func idleProcessors() -> Double {
    // Times for users, nice ones, the system, nobody, and nobody but a disk.
    guard let times: InlineArray<5, Int> = counts.numbers() else { return .infinity }
    let ticks = times[3] + times[4]
    let reading = Reading(ticks: ticks, time: .now)
    let before = last.withLock { last in
      defer { last = reading }
      return last
    }
    guard let before else { return 0 }
    let elapsed = before.time.duration(to: reading.time)
    guard elapsed > .zero, elapsed < Self.longestInterval else { return 0 }
    return Double(ticks - before.ticks) / Double(sysconf(Int32(_SC_CLK_TCK))) / (elapsed / .seconds(1))
  }
}
