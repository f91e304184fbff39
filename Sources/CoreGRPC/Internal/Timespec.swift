import CGRPC

extension gpr_timespec {
  /// Creates the instant `timeout` from now, or never.
  ///
  /// On C-core's monotonic clock, which does not follow changes of the wall clock.
  init(timeout: Duration?) {
    guard let timeout else {
      self = gpr_inf_future(GPR_CLOCK_MONOTONIC)
      return
    }
    // C-core takes an instant for a later one, by less than a few milliseconds: a call could be answered with no time
    // left.
    let (seconds, attoseconds) = (timeout > .zero ? timeout : min(timeout, .seconds(-1))).bounded.components
    var span = gpr_timespec()
    span.clock_type = GPR_TIMESPAN
    span.tv_sec = seconds
    span.tv_nsec = Int32(attoseconds / 1_000_000_000)
    if span.tv_nsec < 0 {
      span.tv_nsec += 1_000_000_000
      span.tv_sec -= 1
    }
    self = gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span)
  }

  /// The time from now until this instant, negative when it has passed; `nil` for never.
  var remaining: Duration? {
    guard gpr_time_cmp(self, gpr_inf_future(clock_type)) != 0 else { return nil }
    let span = gpr_time_sub(self, gpr_now(clock_type))
    return .seconds(span.tv_sec) + .nanoseconds(Int64(span.tv_nsec))
  }
}
