/// The time for which a server that shuts down waits for its clients to stop sending calls, as a value.
///
/// Once a client has answered the GOAWAY, which takes a round trip, it has no new call on its way. A client that still
/// makes calls has not had the time to answer.
struct DrainWait: Sendable {
  /// The longest time since the last call.
  static let quiet = Duration.seconds(1)

  /// The longest time in all.
  static let total = Duration.seconds(10)

  private let begin: ContinuousClock.Instant
  private var last: (callCount: Int, time: ContinuousClock.Instant)

  /// - Parameter begin: The time at which the shutdown began.
  init(begin: ContinuousClock.Instant = .now) {
    self.begin = begin
    last = (0, begin)
  }

  /// Returns the time for which to wait from now on, if no other call comes; not above zero when the wait is over.
  ///
  /// - Parameters:
  ///   - callCount: The number of calls that have come since the shutdown began.
  ///   - graceEnd: The end of the grace period; `nil` if it has none.
  mutating func rest(
    callCount: Int,
    graceEnd: ContinuousClock.Instant?,
    at now: ContinuousClock.Instant = .now
  ) -> Duration {
    if callCount != last.callCount { last = (callCount, now) }
    let end = min(last.time + Self.quiet, begin + Self.total)
    return min(end, graceEnd ?? end) - now
  }
}
