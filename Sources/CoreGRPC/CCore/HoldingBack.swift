/// Whether a thread that polls holds back what calls send, a message or the last batch, until it has handled all events that there
/// are.
///
/// One after the other they take less time than each between two events: the code and the data of the one kind of work stay in
/// the caches, and a peer that sleeps is woken once. But a peer that waits for all of them sends nothing meanwhile, so that this
/// thread has nothing to do afterwards. So it pays only where many events come one after the other.
struct HoldingBack: Sendable, Hashable {
  /// How many batches are held back at most.
  static let largestCount = 32

  /// How long a batch is held back at most, in nanoseconds, while code returns.
  static let longestTime: UInt64 = 500_000

  /// How many events must come to make up for one time that there was none.
  static let leastRun = 8

  /// How many batches go out at once before another trial: when there was no event, and when code did not return.
  static let shortPause = 64, longPause = 1024

  private var count = 0
  private var began: UInt64 = 0

  /// Grows with each event that there was, and shrinks with each that there was not.
  private var credit = Credit(price: Self.leastRun, largest: 2 * Self.leastRun)

  /// Asks whether another batch shall be held back, and counts it if so.
  ///
  /// - Parameter now: The time, in nanoseconds.
  mutating func hold(now: @autoclosure () -> UInt64) -> Bool {
    guard credit.take() else { return false }
    if count == 0 { began = now() }
    count += 1
    return true
  }

  /// Asks whether there shall be another event before what is held back is started.
  ///
  /// - Parameters:
  ///   - hadEvent: Whether there was one since it was held back; `nil` if nobody has asked.
  ///   - now: The time, in nanoseconds.
  mutating func waits(hadEvent: Bool?, now: @autoclosure () -> UInt64) -> Bool {
    switch hadEvent {
    case true?: credit.gain()
    case false?:
      credit.lose(pause: Self.shortPause)
      return false
    case nil: break
    }
    // What another thread has held back, of which nothing is known here, does not wait any longer.
    return count > 0 && count < Self.largestCount && now() - began < Self.longestTime
  }

  /// What was held back is started.
  mutating func letGo() { count = 0 }

  /// Code did not return, so that what was held back had to be taken away.
  mutating func codeTookLong() { credit.forfeit(pause: Self.longPause) }
}
