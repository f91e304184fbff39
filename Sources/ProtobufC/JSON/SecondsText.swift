/// The digits of seconds in timestamps and durations.
enum SecondsText {
  /// The digits after the point with the point itself: none, three, six or nine.
  static func fraction(nanos: Int64) -> String {
    guard nanos != 0 else { return "" }
    let digits = padded(nanos, to: 9)
    let count = nanos % 1_000_000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9
    return "." + digits.prefix(count)
  }

  /// A number with zeros before it.
  static func padded(_ number: Int64, to count: Int) -> String {
    let digits = number.description
    return String(repeating: "0", count: max(0, count - digits.utf8.count)) + digits
  }

  /// Takes the digits that a text begins with.
  ///
  /// - Parameters:
  ///   - text: Loses the digits.
  ///   - counts: The permitted numbers of digits; at most 18, which a number of 64 bits holds.
  /// - Returns: The number, and how many digits it has.
  static func takeDigits(
    of text: inout ArraySlice<UInt8>,
    _ counts: ClosedRange<Int>
  ) -> (number: Int64, count: Int)? {
    var number: Int64 = 0
    var count = 0
    while count < counts.upperBound, let digit = text.first, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) {
      number = number * 10 + Int64(digit - UInt8(ascii: "0"))
      count += 1
      text.removeFirst()
    }
    return counts.contains(count) ? (number, count) : nil
  }

  /// Takes a character that a text begins with, and returns whether it does.
  static func take(_ character: Unicode.Scalar, of text: inout ArraySlice<UInt8>) -> Bool {
    guard text.first == UInt8(ascii: character) else { return false }
    text.removeFirst()
    return true
  }

  /// Takes a point and up to nine digits, if a text begins with a point.
  ///
  /// - Returns: The nanoseconds, or nil if there are no digits then.
  static func takeNanos(of text: inout ArraySlice<UInt8>) -> Int64? {
    guard take(".", of: &text) else { return 0 }
    guard let (digits, count) = takeDigits(of: &text, 1...9) else { return nil }
    return (count..<9).reduce(digits) { number, _ in number * 10 }
  }
}
