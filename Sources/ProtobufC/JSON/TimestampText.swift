internal import ProtobufCWellKnownTypes

/// A timestamp in JSON: `2026-11-29T13:37:16.500Z`.
enum TimestampText {
  private static let secondsPerDay: Int64 = 86_400

  /// The text, or nil if the timestamp is not valid.
  static func text(seconds: Int64, nanos: Int32) -> String? {
    guard Google_Protobuf_Timestamp(seconds: seconds, nanos: nanos).isValid else { return nil }
    var days = seconds / secondsPerDay
    var second = seconds % secondsPerDay
    if second < 0 {
      second += secondsPerDay
      days -= 1
    }
    let (year, month, day) = date(ofDay: days)
    func two(_ number: Int64) -> String { SecondsText.padded(number, to: 2) }
    let date = "\(SecondsText.padded(year, to: 4))-\(two(month))-\(two(day))"
    let time = "\(two(second / 3600)):\(two(second / 60 % 60)):\(two(second % 60))"
    return "\(date)T\(time)\(SecondsText.fraction(nanos: Int64(nanos)))Z"
  }

  /// The seconds and nanoseconds of a text of RFC 3339, or nil if it is not a valid timestamp.
  static func value(of text: ArraySlice<UInt8>) -> (seconds: Int64, nanos: Int32)? {
    var rest = text
    func number(_ count: Int) -> Int64? { SecondsText.takeDigits(of: &rest, count...count)?.number }
    func take(_ character: Unicode.Scalar) -> Bool { SecondsText.take(character, of: &rest) }
    guard
      let year = number(4), take("-"), let month = number(2), take("-"), let day = number(2), take("T"),
      let hour = number(2), take(":"), let minute = number(2), take(":"), let second = number(2),
      let nanos = SecondsText.takeNanos(of: &rest),
      let offset = offset(&rest), rest.isEmpty,
      (1...12).contains(month), (1...daysOfMonth(month, of: year)).contains(day),
      hour < 24, minute < 60, second < 60
    else { return nil }
    let ofDay = hour * 3600 + minute * 60 + second
    let value = (seconds: self.day(year, month, day) * secondsPerDay + ofDay - offset, nanos: Int32(nanos))
    return Google_Protobuf_Timestamp(seconds: value.seconds, nanos: value.nanos).isValid ? value : nil
  }

  /// Takes the distance from UTC that a text ends with, in seconds.
  private static func offset(_ text: inout ArraySlice<UInt8>) -> Int64? {
    if SecondsText.take("Z", of: &text) { return 0 }
    let isNegative = text.first == UInt8(ascii: "-")
    guard
      isNegative || text.first == UInt8(ascii: "+"), text.popFirst() != nil,
      let (hours, _) = SecondsText.takeDigits(of: &text, 2...2), SecondsText.take(":", of: &text),
      let (minutes, _) = SecondsText.takeDigits(of: &text, 2...2), hours < 24, minutes < 60
    else { return nil }
    return (isNegative ? -1 : 1) * (hours * 3600 + minutes * 60)
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func daysOfMonth(_ month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: isLeap(year) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  /// The days before a year, from the year 1 on.
  private static func daysBefore(year: Int64) -> Int64 {
    let years = year - 1
    return years * 365 + years / 4 - years / 100 + years / 400
  }

  /// The days from 1970 to a date.
  private static func day(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let days = (1..<month).reduce(daysBefore(year: year)) { $0 + daysOfMonth($1, of: year) }
    return days + day - 1 - daysBefore(year: 1970)
  }

  /// The date of a day since 1970, in the years 1 to 9999.
  private static func date(ofDay days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let days = days + daysBefore(year: 1970)
    // At most one too many or too few: no year has less than 365 days.
    var year = days * 400 / 146_097 + 1
    while daysBefore(year: year) > days { year -= 1 }
    while daysBefore(year: year + 1) <= days { year += 1 }
    var rest = days - daysBefore(year: year)
    var month: Int64 = 1
    while rest >= daysOfMonth(month, of: year) {
      rest -= daysOfMonth(month, of: year)
      month += 1
    }
    return (year, month, rest + 1)
  }
}
