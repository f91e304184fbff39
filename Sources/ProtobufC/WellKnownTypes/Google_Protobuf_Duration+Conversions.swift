extension Google_Protobuf_Duration {
  /// The seconds that a duration may have: about 10,000 years in each direction.
  fileprivate static let range: ClosedRange<Int64> = -315_576_000_000...315_576_000_000

  /// Whether this is at most 10,000 years or so, with less than a second in nanoseconds, of the same sign as the
  /// seconds.
  public var isValid: Bool {
    Self.range.contains(seconds) && abs(Int64(nanos)) < NanosecondCount.perSecond
      && (seconds == 0 || nanos == 0 || (seconds < 0) == (nanos < 0))
  }

  /// Creates a duration that is sure to be valid.
  ///
  /// - Parameters:
  ///   - seconds: The seconds.
  ///   - nanos: The nanoseconds on top, of the same sign.
  /// - Throws: `malformed` or `outOfRange`, if ``isValid`` would be false.
  public init(validatingSeconds seconds: Int64, nanos: Int32 = 0) throws(WellKnownTypeError) {
    self.init(seconds: seconds, nanos: nanos)
    try validate()
  }

  /// Creates a duration from Swift's.
  ///
  /// - Parameters:
  ///   - duration: The duration.
  ///   - rule: The rule by which it is rounded to nanoseconds.
  /// - Throws: `outOfRange`, if it is longer than 10,000 years or so.
  public init(
    rounding duration: Duration,
    rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
  ) throws(WellKnownTypeError) {
    guard let count = NanosecondCount(rounding: duration, rule: rule) else { throw Self.outOfRange }
    // Within 32 bits: less than a second.
    try self.init(validatingSeconds: count.seconds, nanos: Int32(count.nanos))
  }

  /// Creates the duration that is nearest to Swift's.
  ///
  /// A duration beyond protobuf's range becomes the longest one: 315,576,000,000.999999999 seconds, some 10,000 years.
  ///
  /// - Parameters:
  ///   - duration: The duration.
  ///   - rule: The rule by which it is rounded to nanoseconds.
  public init(clamping duration: Duration, rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero) {
    if let message = try? Google_Protobuf_Duration(rounding: duration, rule: rule) {
      self = message
    } else {
      let sign: Int64 = duration < .zero ? -1 : 1
      // Within 32 bits: less than a second.
      self.init(
        seconds: sign * Self.range.upperBound,
        nanos: Int32(sign * (NanosecondCount.perSecond - 1))
      )
    }
  }

  private static var outOfRange: WellKnownTypeError {
    WellKnownTypeError(code: .outOfRange, message: "a duration has at most 315,576,000,000 seconds")
  }

  /// Throws if this duration is not valid.
  fileprivate func validate() throws(WellKnownTypeError) {
    guard Self.range.contains(seconds) else { throw Self.outOfRange }
    guard isValid else {
      throw WellKnownTypeError(
        code: .malformed,
        message:
          "a duration has less than 1 s in nanoseconds, with the sign of its seconds; this one has \(seconds) s and "
          + "\(nanos) ns"
      )
    }
  }
}

extension Duration {
  /// Creates a duration from protobuf's.
  ///
  /// - Parameter duration: The duration.
  /// - Throws: `malformed` or `outOfRange`, if it is not valid: it may come from a peer.
  public init(_ duration: Google_Protobuf_Duration) throws(WellKnownTypeError) {
    try duration.validate()
    self = .seconds(duration.seconds) + .nanoseconds(duration.nanos)
  }

  /// Creates the duration that is nearest to protobuf's.
  ///
  /// Unlike ``init(_:)`` it accepts every message, such as one from a peer: seconds and nanoseconds are added, whatever
  /// their signs and sizes, and a sum beyond protobuf's range becomes 315,576,000,000.999999999 seconds, some 10,000
  /// years, in its direction.
  ///
  /// - Parameter duration: The duration.
  public init(clamping duration: Google_Protobuf_Duration) {
    // Within 128 bits of attoseconds: the seconds take less than 124.
    let sum = Duration.seconds(duration.seconds) + .nanoseconds(duration.nanos)
    let longest = Duration.seconds(Google_Protobuf_Duration.range.upperBound + 1) - .nanoseconds(1)
    self = min(max(sum, .zero - longest), longest)
  }
}
