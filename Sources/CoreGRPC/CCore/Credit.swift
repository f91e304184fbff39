/// Whether something is worth while that only pays now and then: it is given up while it does not, and tried again later.
struct Credit: Sendable, Hashable {
  /// How often it must pay to make up for one time that it did not.
  private let price: Int
  private let largest: Int

  /// Rises with each time that it paid, and falls with each that it did not.
  private var credit: Int
  private var pauseLeft = 0

  /// - Parameters:
  ///   - price: How often it must pay to make up for one time that it did not.
  ///   - largest: How much credit it can have; it begins with half of that.
  init(price: Int = 1, largest: Int = 8) {
    self.price = price
    self.largest = largest
    credit = largest / 2
  }

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
  mutating func gain() { credit = min(credit + 1, largest) }

  /// It did not pay.
  ///
  /// - Parameter pause: How many times it is left out if that has become usual.
  mutating func lose(pause: Int) {
    credit = max(credit - price, 0)
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
