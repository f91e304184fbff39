public import ProtobufCWellKnownTypes

#if canImport(FoundationEssentials)
  public import FoundationEssentials
#else
  public import Foundation
#endif

extension Google_Protobuf_Duration {
  /// Creates a duration from seconds, to the nearest nanosecond.
  ///
  /// - Parameter timeInterval: The seconds.
  /// - Throws: `outOfRange`, if they are more than 315,576,000,000, or NaN.
  public init(timeInterval: TimeInterval) throws(WellKnownTypeError) {
    // Far more seconds than there may be. NaN fails, too.
    guard abs(timeInterval) < 1e12 else {
      throw WellKnownTypeError(code: .outOfRange, message: "a duration has at most 315,576,000,000 seconds")
    }
    let seconds = timeInterval.rounded(.towardZero)
    let nanos = ((timeInterval - seconds) * 1e9).rounded()
    let carry: Double = abs(nanos) == 1e9 ? (nanos < 0 ? -1 : 1) : 0
    try self.init(validatingSeconds: Int64(seconds + carry), nanos: carry == 0 ? Int32(nanos) : 0)
  }

  /// The duration in seconds, in the precision of a floating-point number.
  ///
  /// - Throws: `malformed` or `outOfRange`, if this duration is not valid: it may come from a peer.
  public var timeInterval: TimeInterval {
    get throws(WellKnownTypeError) {
      let duration = try Self(validatingSeconds: seconds, nanos: nanos)
      return Double(duration.seconds) + Double(duration.nanos) / 1e9
    }
  }
}
