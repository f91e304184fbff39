internal import Foundation
internal import ProtobufCFoundation
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct TimestampTests {
  /// Moments, and what Python's protobuf makes of them.
  private static let moments: [(duration: Duration, timestamp: Google_Protobuf_Timestamp, hex: String)] = [
    (.zero, .init(), ""),
    (
      .seconds(1_795_391_100) + .microseconds(123_456), .init(seconds: 1_795_391_100, nanos: 123_456_000),
      "08fcfc8dd806108094ef3a"
    ),
    (.milliseconds(-500), .init(seconds: -1, nanos: 500_000_000), "08ffffffffffffffffff011080cab5ee01"),
    (.seconds(-62_135_596_800), .init(seconds: -62_135_596_800), "088092b8c398feffffff01"),
    (
      .seconds(253_402_300_800) - .microseconds(1), .init(seconds: 253_402_300_799, nanos: 999_999_000),
      "08ff82d1ffaf0710988cebdc03"
    ),
  ]

  @Test(arguments: moments) func durationsSince1970(
    duration: Duration,
    timestamp: Google_Protobuf_Timestamp,
    hex: String
  ) throws {
    #expect(try Google_Protobuf_Timestamp(durationSince1970: duration) == timestamp)
    #expect(try timestamp.durationSince1970 == duration)
    #expect(timestamp.hex == hex)
    #expect(timestamp.isValid)
  }

  @Test(
    arguments: [
      (FloatingPointRoundingRule.toNearestOrAwayFromZero, -1, 999_999_999), (.toNearestOrEven, 0, 0), (.up, 0, 0),
      (.down, -1, 999_999_999), (.towardZero, 0, 0), (.awayFromZero, -1, 999_999_999),
    ] as [(FloatingPointRoundingRule, Int64, Int32)]
  )
  func rounding(rule: FloatingPointRoundingRule, seconds: Int64, nanos: Int32) throws {
    let halfANanosecondBefore = Duration(secondsComponent: 0, attosecondsComponent: -500_000_000)
    let timestamp = try Google_Protobuf_Timestamp(durationSince1970: halfANanosecondBefore, rounding: rule)
    #expect(timestamp == Google_Protobuf_Timestamp(seconds: seconds, nanos: nanos))
  }

  @Test func roundingCarriesToTheSecond() throws {
    let almost = Duration(secondsComponent: 4, attosecondsComponent: 999_999_999_900_000_000)
    #expect(try Google_Protobuf_Timestamp(durationSince1970: almost) == Google_Protobuf_Timestamp(seconds: 5))
  }

  @Test(arguments: [
    Duration.seconds(-62_135_596_800) - .nanoseconds(1), .seconds(253_402_300_800), .seconds(Int64.max) * 3,
    .seconds(Int64.min) * 3,
  ])
  func beyondTheYears1And9999(duration: Duration) {
    let error = #expect(throws: WellKnownTypeError.self) { try Google_Protobuf_Timestamp(durationSince1970: duration) }
    #expect(error?.code == .outOfRange)
  }

  @Test(
    arguments: [
      (0, -1, .malformed), (0, 1_000_000_000, .malformed), (-1, -5, .malformed), (253_402_300_800, 0, .outOfRange),
      (-62_135_596_801, 0, .outOfRange), (.max, .max, .outOfRange),
    ] as [(Int64, Int32, WellKnownTypeError.Code)]
  )
  func whatAPeerMaySend(seconds: Int64, nanos: Int32, code: WellKnownTypeError.Code) {
    let timestamp = Google_Protobuf_Timestamp(seconds: seconds, nanos: nanos)
    #expect(!timestamp.isValid)
    #expect(throws: WellKnownTypeError.self) { try timestamp.durationSince1970 }
    #expect(throws: WellKnownTypeError.self) { try timestamp.date }
    let error = #expect(throws: WellKnownTypeError.self) {
      try Google_Protobuf_Timestamp(validatingSeconds: seconds, nanos: nanos)
    }
    #expect(error?.code == code)
  }

  @Test(arguments: [0, 1, -0.25, 1_795_391_100.123456, -62_135_596_800, 253_402_300_799.5])
  func dates(secondsSince1970: TimeInterval) throws {
    let date = Date(timeIntervalSince1970: secondsSince1970)
    let timestamp = try Google_Protobuf_Timestamp(date: date)
    #expect(timestamp.isValid)
    #expect(try timestamp.date == date)
  }

  @Test func nanosecondsOfADate() throws {
    #expect(
      try Google_Protobuf_Timestamp(date: Date(timeIntervalSince1970: -0.25))
        == Google_Protobuf_Timestamp(seconds: -1, nanos: 750_000_000)
    )
    let date = try Google_Protobuf_Timestamp(seconds: 10, nanos: 500_000_000).date
    #expect(date == Date(timeIntervalSince1970: 10.5))
    // The next number below 1 s rounds to a whole second.
    let almost = Date(timeIntervalSinceReferenceDate: 1.0.nextDown)
    #expect(try Google_Protobuf_Timestamp(date: almost) == Google_Protobuf_Timestamp(seconds: 978_307_201))
  }

  @Test(arguments: [Double.nan, .infinity, -.infinity, 1e300, 253_402_300_800, -62_135_596_801])
  func datesBeyond(secondsSince1970: Double) {
    let error = #expect(throws: WellKnownTypeError.self) {
      try Google_Protobuf_Timestamp(date: Date(timeIntervalSince1970: secondsSince1970))
    }
    #expect(error?.code == .outOfRange)
  }
}
