public import ProtobufCWellKnownTypes

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Google_Protobuf_Timestamp {
  /// The seconds from 1970 to 2001, from where a `Date` counts.
  private static var referenceSeconds: Int64 { 978_307_200 }

  /// Creates the timestamp of a date, to the nearest nanosecond.
  ///
  /// - Parameter date: The date.
  /// - Throws: `outOfRange`, if it is before the year 1 or after the year 9999.
  public init(date: Date) throws(WellKnownTypeError) {
    let interval = date.timeIntervalSinceReferenceDate
    // Far more seconds than there may be. NaN fails, too.
    guard abs(interval) < 1e12 else {
      throw WellKnownTypeError(code: .outOfRange, message: "a timestamp lies between the years 1 and 9999")
    }
    let seconds = interval.rounded(.down)
    let nanos = ((interval - seconds) * 1e9).rounded()
    try self.init(
      validatingSeconds: Int64(seconds) + Self.referenceSeconds + (nanos == 1e9 ? 1 : 0),
      nanos: nanos == 1e9 ? 0 : Int32(nanos)
    )
  }

  /// The date.
  ///
  /// A `Date` is a floating-point number: of the nanoseconds of our days, it keeps about a tenth of a microsecond.
  ///
  /// - Throws: `malformed` or `outOfRange`, if this timestamp is not valid: it may come from a peer.
  public var date: Date {
    get throws(WellKnownTypeError) {
      let timestamp = try Self(validatingSeconds: seconds, nanos: nanos)
      return Date(
        timeIntervalSinceReferenceDate: Double(timestamp.seconds - Self.referenceSeconds) + Double(timestamp.nanos)
          / 1e9
      )
    }
  }
}
