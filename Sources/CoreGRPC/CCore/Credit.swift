/// Whether something is worth while that only pays now and then: it is given up while it does not, and tried again later.
struct Credit: Sendable, Hashable {
  private static let largest = 8

  /// Rises with each time that it paid, and falls with each that it did not.
  private var credit = 4
  private var pauseLeft = 0

  /// Asks whether to do it this time.
  mutating func take() -> Bool {
    if credit == 0 {
      pauseLeft -= 1
      guard pauseLeft <= 0 else { return false }
      credit = 1
    }
    return true
  }

  /// It paid.
  mutating func gain() { credit = min(credit + 1, Self.largest) }

  /// It did not pay.
  ///
  /// - Parameter pause: How many times it is left out if that has become usual.
  mutating func lose(pause: Int) {
    credit = max(credit - 1, 0)
    if credit == 0 { pauseLeft = pause }
  }

  /// It did harm, and is left out from now on.
  ///
  /// - Parameter pause: How many times.
  mutating func forfeit(pause: Int) {
    credit = 0
    pauseLeft = pause
  }
}
