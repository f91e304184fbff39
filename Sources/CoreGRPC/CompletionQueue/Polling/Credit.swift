/// A policy that suspends an optimization while it does not pay, and retries it later.
struct Credit: Sendable, Hashable {
  /// The number of times that it must pay to make up for one time that it did not.
  private let price: Int
  private let largest: Int

  /// A number that rises each time it paid, and falls each time it did not.
  private var credit: Int
  private var pauseLeft = 0

  /// - Parameters:
  ///   - price: The number of times that it must pay to make up for one time that it did not.
  ///   - largest: The largest credit; the credit begins with half of that.
  init(price: Int = 1, largest: Int = 8) {
    self.price = price
    self.largest = largest
    credit = largest / 2
  }

  /// Decides whether to do it this time.
  mutating func take() -> Bool {
    if credit == 0 {
      pauseLeft -= 1
      guard pauseLeft <= 0 else { return false }
      credit = 1
    }
    return true
  }

  /// Notes that it paid.
  mutating func gain() { credit = min(credit + 1, largest) }

  /// Notes that it did not pay.
  ///
  /// - Parameter pause: The number of times to leave it out, if that has become usual.
  mutating func lose(pause: Int) {
    credit = max(credit - price, 0)
    if credit == 0 { pauseLeft = pause }
  }

  /// Notes that it did harm, and leaves it out from now on.
  ///
  /// - Parameter pause: The number of times to leave it out.
  mutating func forfeit(pause: Int) {
    credit = 0
    pauseLeft = pause
  }
}
