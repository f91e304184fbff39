/// The number of calls that the client of a connection may still cancel, see ``Server/CancellationLimit``.
struct CancellationBudget: Sendable, Hashable {
  private let burst: Double
  private let perNanosecond: Double
  private var left: Double
  private var time: UInt64

  /// The number of calls that the client has cancelled.
  private(set) var cancelledCount = 0

  /// - Parameter time: The time now, in nanoseconds.
  init(_ limit: Server.CancellationLimit, at time: UInt64) {
    burst = Double(max(1, limit.burst))
    perNanosecond = Double(max(0, limit.perSecond)) / 1_000_000_000
    left = burst
    self.time = time
  }

  /// Counts a call that the client has cancelled.
  ///
  /// - Returns: Whether it was within the limit.
  mutating func cancel(at time: UInt64) -> Bool {
    refill(at: time)
    cancelledCount += 1
    // No further: a client that stops cancelling gets its budget back.
    left = max(-1, left - 1)
    return left >= 0
  }

  /// Counts a call that was answered.
  mutating func answer(at time: UInt64) {
    refill(at: time)
    left = min(burst, left + 1)
  }

  /// Returns whether the client has its whole budget, so that the server need not remember it.
  mutating func isFull(at time: UInt64) -> Bool {
    refill(at: time)
    return left == burst
  }

  private mutating func refill(at now: UInt64) {
    // Threads may report their times in another order than they have read the clock.
    guard now > time else { return }
    left = min(burst, left + Double(now - time) * perNanosecond)
    time = now
  }
}
