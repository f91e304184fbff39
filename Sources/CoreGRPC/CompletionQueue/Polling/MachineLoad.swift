import Glibc

/// The number of the machine's processors that have been idle.
///
/// Linux counts idle time in `/proc/stat`, in ticks of usually 10 ms. For one observer.
final class MachineLoad: Sendable {
  private struct Reading {
    var ticks: Int
    var time: ContinuousClock.Instant
  }

  /// The longest time between two readings that tell something about now.
  private static let longestInterval = PollerCountPolicy.window * 4

  private let counts = CountsFile("/proc/stat")
  private let last = Locked(Reading?.none)

  /// Returns the average number of idle processors since the last call.
  ///
  /// Zero if the last call is long ago; infinity where the system does not say.
  func idleProcessors() -> Double {
    // Times of users, nice ones and the system, idle time, and idle time during disk operations.
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
