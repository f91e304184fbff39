extension Google_Protobuf_Timestamp {
  /// The seconds that a timestamp may have: those from the year 1 to the year 9999.
  private static let range: ClosedRange<Int64> = -62_135_596_800...253_402_300_799

  /// Whether this is a moment from the year 1 to the year 9999, with nanoseconds that count forward within the second.
  public var isValid: Bool {
    Self.range.contains(seconds) && (0..<1_000_000_000).contains(nanos)
  }

  /// Creates a timestamp that is sure to be valid.
  ///
  /// - Parameters:
  ///   - seconds: The seconds since 1970 began in UTC; before that they are negative.
  ///   - nanos: The nanoseconds after that second, from 0 to 999,999,999, before 1970 too.
  /// - Throws: `malformed` or `outOfRange`, if ``isValid`` would be false.
  public init(validatingSeconds seconds: Int64, nanos: Int32 = 0) throws(WellKnownTypeError) {
    self.init(seconds: seconds, nanos: nanos)
    try validate()
  }

  /// Creates the timestamp of a moment.
  ///
  /// - Parameters:
  ///   - duration: The time since 1970 began in UTC.
  ///   - rule: The rule by which the nanoseconds are rounded.
  /// - Throws: `outOfRange`, if the moment is before the year 1 or after the year 9999.
  public init(
    durationSince1970 duration: Duration,
    rounding rule: FloatingPointRoundingRule = .toNearestOrAwayFromZero
  ) throws(WellKnownTypeError) {
    guard let count = NanosecondCount(rounding: duration, rule: rule), Self.range.contains(count.seconds) else {
      throw Self.outOfRange
    }
    let isBefore = count.nanos < 0
    try self.init(
      validatingSeconds: isBefore ? count.seconds - 1 : count.seconds,
      // Within 32 bits: less than a second.
      nanos: Int32(isBefore ? count.nanos + NanosecondCount.perSecond : count.nanos)
    )
  }

  /// The time from the beginning of 1970 in UTC to this moment.
  ///
  /// - Throws: `malformed` or `outOfRange`, if this timestamp is not valid: it may come from a peer.
  public var durationSince1970: Duration {
    get throws(WellKnownTypeError) {
      try validate()
      return .seconds(seconds) + .nanoseconds(nanos)
    }
  }

  private static var outOfRange: WellKnownTypeError {
    WellKnownTypeError(code: .outOfRange, message: "a timestamp lies between the years 1 and 9999")
  }

  /// Throws if this timestamp is not valid.
  private func validate() throws(WellKnownTypeError) {
    guard Self.range.contains(seconds) else { throw Self.outOfRange }
    guard isValid else {
      throw WellKnownTypeError(
        code: .malformed,
        message: "a timestamp has from 0 to 999,999,999 nanoseconds, not \(nanos)"
      )
    }
  }
}
