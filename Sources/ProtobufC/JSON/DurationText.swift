internal import ProtobufCWellKnownTypes

/// A duration in JSON: `1.500s`.
enum DurationText {
  /// The text, or nil if the duration is not valid.
  static func text(seconds: Int64, nanos: Int32) -> String? {
    guard Google_Protobuf_Duration(seconds: seconds, nanos: nanos).isValid else { return nil }
    let sign = seconds < 0 || nanos < 0 ? "-" : ""
    return "\(sign)\(seconds.magnitude)\(SecondsText.fraction(nanos: abs(Int64(nanos))))s"
  }

  /// The seconds and nanoseconds of a text, or nil if it is not a duration.
  static func value(of text: ArraySlice<UInt8>) -> (seconds: Int64, nanos: Int32)? {
    var rest = text
    let isNegative = SecondsText.take("-", of: &rest)
    guard
      let (seconds, _) = SecondsText.takeDigits(of: &rest, 1...18),
      let nanos = SecondsText.takeNanos(of: &rest),
      SecondsText.take("s", of: &rest), rest.isEmpty
    else { return nil }
    let sign: Int64 = isNegative ? -1 : 1
    // Less than a second: within 32 bits.
    let value = (seconds: sign * seconds, nanos: Int32(sign * nanos))
    return Google_Protobuf_Duration(seconds: value.seconds, nanos: value.nanos).isValid ? value : nil
  }
}
