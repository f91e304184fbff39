/// A span of time as protobuf counts it: seconds, and nanoseconds of the same sign.
struct NanosecondCount {
  static let perSecond: Int64 = 1_000_000_000
  private static let attosecondsPerNanosecond: Int64 = 1_000_000_000

  var seconds: Int64
  var nanos: Int64

  /// Rounds a duration to nanoseconds.
  ///
  /// - Returns: Nil if the duration is far longer than any message may hold.
  init?(rounding duration: Duration, rule: FloatingPointRoundingRule) {
    // A `Duration` may have more seconds than its `components` can tell.
    guard (.seconds(-1 << 40) ... .seconds(1 << 40)).contains(duration) else { return nil }
    let (seconds, attoseconds) = duration.components
    let (whole, rest) = attoseconds.quotientAndRemainder(dividingBy: Self.attosecondsPerNanosecond)
    let nanos = whole + Self.carry(of: rest, after: whole, rule: rule)
    let isSecond = abs(nanos) == Self.perSecond
    self.seconds = isSecond ? seconds + nanos.signum() : seconds
    self.nanos = isSecond ? 0 : nanos
  }

  /// Returns the number that rounding adds to nanoseconds for the attoseconds after them: -1, 0 or 1.
  private static func carry(of rest: Int64, after whole: Int64, rule: FloatingPointRoundingRule) -> Int64 {
    guard rest != 0 else { return 0 }
    let half = attosecondsPerNanosecond / 2
    let isAway =
      switch rule {
      case .towardZero: false
      case .awayFromZero: true
      case .up: rest > 0
      case .down: rest < 0
      case .toNearestOrEven: abs(rest) > half || abs(rest) == half && !whole.isMultiple(of: 2)
      default: abs(rest) >= half
      }
    return isAway ? rest.signum() : 0
  }
}
