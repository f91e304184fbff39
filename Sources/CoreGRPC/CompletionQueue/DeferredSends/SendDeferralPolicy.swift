/// The rule by which a poller defers sends, and for how long.
///
/// To handle several events first and start all sends afterwards takes less time than to alternate: the code and the
/// data of each kind of work stay in the caches, and a peer that sleeps is woken once. But a peer that waits for all of
/// the sends sends nothing meanwhile, and the poller has nothing to do afterwards. So deferring pays only while many
/// events follow each other.
struct SendDeferralPolicy: Sendable, Hashable {
  /// The largest number of sends that are deferred.
  static let largestCount = 32

  /// The longest time that a send is deferred while program code returns, in nanoseconds.
  static let longestTime: UInt64 = 500_000

  /// The number of events that make up for one deferral after which there was none.
  static let leastRun = 8

  /// The number of sends that start immediately before another trial: when there was no event, and when program code
  /// did not return.
  static let shortPause = 64, longPause = 1024

  private var count = 0
  private var began: UInt64 = 0

  /// Grows with each event that there was, and shrinks with each that there was not.
  private var credit = Credit(price: Self.leastRun, largest: 2 * Self.leastRun)

  /// Decides whether to defer another send, and counts it if so.
  ///
  /// - Parameter now: The time, in nanoseconds.
  mutating func defers(now: @autoclosure () -> UInt64) -> Bool {
    guard credit.take() else { return false }
    if count == 0 { began = now() }
    count += 1
    return true
  }

  /// Decides whether the deferred sends wait for another event.
  ///
  /// - Parameters:
  ///   - hadEvent: Whether there was an event since the last one was deferred; `nil` if the poller has not asked.
  ///   - now: The time, in nanoseconds.
  mutating func waits(hadEvent: Bool?, now: @autoclosure () -> UInt64) -> Bool {
    switch hadEvent {
    case true?: credit.gain()
    case false?:
      credit.lose(pause: Self.shortPause)
      return false
    case nil: break
    }
    // Sends that another poller has deferred are not counted here, and do not wait any longer.
    return count > 0 && count < Self.largestCount && now() - began < Self.longestTime
  }

  /// Notes that the deferred sends have been taken.
  mutating func flushed() { count = 0 }

  /// Notes that program code did not return, so that the deferred sends had to be taken away from the poller.
  mutating func programTookLong() { credit.forfeit(pause: Self.longPause) }
}
