/// The timeouts that C-core can tell a server, in milliseconds.
///
/// C-core 1.51 writes two to four digits and a unit, and rounds up to that: 2,001 ms goes out as `2010m`. See
/// `src/core/lib/transport/timeout_encoding.cc`.
enum WireTimeout {
  /// The steps of the timeouts that C-core writes: from milliseconds to hundreds of minutes and hours.
  private static let steps: [Int64] = [
    10, 100, 1_000, 10_000, 60_000, 100_000, 600_000, 3_600_000, 6_000_000,
  ]

  /// Returns the longest time for a call with which C-core tells the server no more than `timeout`, in milliseconds.
  ///
  /// It is less than `timeout` by less than a millisecond below a second, and by less than a hundredth above.
  static func longest(within timeout: Duration) -> Int64 {
    let (seconds, attoseconds) = timeout.bounded.components
    let limit = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
    guard limit >= 1_000, encoded(limit) > limit else { return limit }
    return steps.map { limit - limit % $0 }.filter { encoded($0) <= limit }.max() ?? 0
  }

  /// Returns the timeout that C-core writes, in milliseconds.
  static func encoded(_ milliseconds: Int64) -> Int64 {
    func roundedUp(_ value: Int64, by step: Int64) -> Int64 { (value + step - 1) / step * step }
    let second: Int64 = 1_000, minute: Int64 = 60_000, hour: Int64 = 3_600_000
    guard milliseconds >= second else { return milliseconds }
    if milliseconds < 100 * second {
      let rounded = roundedUp(milliseconds, by: milliseconds < 10 * second ? 10 : 100)
      if rounded % second != 0 { return rounded }
    }
    let seconds = roundedUp(milliseconds, by: second)
    if seconds < 100_000 * second {
      let step = seconds < 1_000 * second ? second : seconds < 10_000 * second ? 10 * second : 100 * second
      let rounded = roundedUp(seconds, by: step)
      if rounded % minute != 0 { return rounded }
    }
    let minutes = roundedUp(seconds, by: minute)
    if minutes < 100_000 * minute {
      let step = minutes < 1_000 * minute ? minute : minutes < 10_000 * minute ? 10 * minute : 100 * minute
      let rounded = roundedUp(minutes, by: step)
      if rounded % hour != 0 { return rounded }
    }
    return min(roundedUp(minutes, by: hour), 27_000 * hour)
  }
}
