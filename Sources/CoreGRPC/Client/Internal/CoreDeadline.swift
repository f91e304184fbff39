import CGRPC

/// The time at which a client's call ends, on C-core's monotonic clock.
struct CoreDeadline: Sendable {
  /// The time by which the other end may see the deadline pass before this end's C-core, in nanoseconds.
  ///
  /// C-core counts whole milliseconds, on either end: each can be ahead by almost one. A caller can do nothing in the
  /// time that is left.
  private static let margin: Int64 = 2_000_000

  /// Returns the time by which C-core's clock may be late when it writes the headers, in milliseconds: a thread asks
  /// the clock once, and then works for several calls.
  private static func lag(of milliseconds: Int64) -> Int64 {
    switch milliseconds {
    case ...1: 0
    case ..<50: 1
    default: 2
    }
  }

  /// The instant for C-core.
  let instant: gpr_timespec

  /// Creates the deadline of a call that has `timeout` from now on: no later, and such that the server is not told of
  /// more.
  ///
  /// It is earlier than `timeout` from now by up to 3 ms, and by up to a hundredth where ``WireTimeout`` knows of no
  /// closer one.
  init(timeout: Duration) {
    let longest = WireTimeout.longest(within: timeout)
    // C-core takes an instant for a later one, by less than a few milliseconds: a call could be answered with no time
    // left.
    guard longest > 0 else {
      instant = gpr_timespec(timeout: .seconds(-1))
      return
    }
    let milliseconds = longest - Self.lag(of: longest)
    // C-core subtracts its now, rounded down to a millisecond, from the deadline, rounded up to one: so both are made
    // whole here. It rounds floating-point numbers, which half a millisecond keeps clear of the edge.
    var now = gpr_now(GPR_CLOCK_MONOTONIC)
    now.tv_nsec -= now.tv_nsec % 1_000_000
    let nanoseconds = milliseconds % 1_000 * 1_000_000 - 500_000
    var span = gpr_timespec(tv_sec: milliseconds / 1_000, tv_nsec: Int32(nanoseconds), clock_type: GPR_TIMESPAN)
    if span.tv_nsec < 0 {
      span.tv_nsec += 1_000_000_000
      span.tv_sec -= 1
    }
    instant = gpr_time_add(now, span)
  }

  /// Whether the deadline has passed, or is about to.
  var hasPassed: Bool {
    let left = gpr_time_sub(instant, gpr_now(GPR_CLOCK_MONOTONIC))
    return left.tv_sec < 0 || left.tv_sec == 0 && Int64(left.tv_nsec) <= Self.margin
  }
}
