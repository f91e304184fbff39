internal import ProtobufCFoundation
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct DurationTests {
  /// Durations, and what Python's protobuf makes of them.
  private static let samples: [(duration: Duration, message: Google_Protobuf_Duration, hex: String)] = [
    (.zero, .init(), ""),
    (.milliseconds(-1500), .init(seconds: -1, nanos: -500_000_000), "08ffffffffffffffffff011080b6ca91feffffffff01"),
    (.seconds(259_200) + .microseconds(1), .init(seconds: 259_200, nanos: 1000), "0880e90f10e807"),
    (.microseconds(-1), .init(nanos: -1000), "1098f8ffffffffffffff01"),
  ]

  @Test(arguments: samples)
  func durations(duration: Duration, message: Google_Protobuf_Duration, hex: String) throws {
    #expect(try Google_Protobuf_Duration(rounding: duration) == message)
    #expect(try Duration(message) == duration)
    #expect(message.hex == hex)
    #expect(message.isValid)
  }

  @Test func longest() throws {
    for seconds in [315_576_000_000, -315_576_000_000] as [Int64] {
      let message = try Google_Protobuf_Duration(rounding: .seconds(seconds))
      #expect(message == Google_Protobuf_Duration(seconds: seconds))
      #expect(try Duration(message) == .seconds(seconds))
    }
  }

  @Test(arguments: [Duration.seconds(315_576_000_001), .seconds(-315_576_000_001), .seconds(Int64.max) * 3])
  func tooLong(duration: Duration) {
    let error = #expect(throws: WellKnownTypeError.self) { try Google_Protobuf_Duration(rounding: duration) }
    #expect(error?.code == .outOfRange)
  }

  @Test(arguments: [
    Duration.zero, .nanoseconds(-1), .seconds(315_576_000_001) - .nanoseconds(1), .milliseconds(-1500),
  ])
  func clampingKeeps(duration: Duration) throws {
    let message = Google_Protobuf_Duration(clamping: duration)
    #expect(try message == Google_Protobuf_Duration(rounding: duration))
    #expect(Duration(clamping: message) == duration)
  }

  @Test(
    arguments: [
      (.seconds(315_576_000_001), 1), (.seconds(-315_576_000_001), -1), (.seconds(Int64.max) * 18, 1),
      (.seconds(Int64.min) * 18, -1),
      (Duration(secondsComponent: 315_576_000_000, attosecondsComponent: 999_999_999_500_000_000), 1),
    ] as [(Duration, Int64)]
  )
  func clampingCuts(duration: Duration, sign: Int64) {
    let message = Google_Protobuf_Duration(clamping: duration)
    #expect(message == Google_Protobuf_Duration(seconds: sign * 315_576_000_000, nanos: Int32(sign) * 999_999_999))
    #expect(message.isValid)
  }

  @Test(
    arguments: [
      (.max, .max, .seconds(315_576_000_001) - .nanoseconds(1)),
      (.min, .min, .nanoseconds(1) - .seconds(315_576_000_001)),
      (1, -1, .nanoseconds(999_999_999)), (0, .min, .nanoseconds(-2_147_483_648)),
      (315_576_000_001, .min, .seconds(315_575_999_998) + .nanoseconds(852_516_352)),
    ] as [(Int64, Int32, Duration)]
  )
  func clampingWhatAPeerMaySend(seconds: Int64, nanos: Int32, duration: Duration) {
    #expect(Duration(clamping: Google_Protobuf_Duration(seconds: seconds, nanos: nanos)) == duration)
  }

  @Test(
    arguments: [
      (FloatingPointRoundingRule.toNearestOrAwayFromZero, 2, -2), (.toNearestOrEven, 2, -2), (.up, 2, -1),
      (.down, 1, -2), (.towardZero, 1, -1), (.awayFromZero, 2, -2),
    ] as [(FloatingPointRoundingRule, Int32, Int32)]
  )
  func rounding(rule: FloatingPointRoundingRule, nanos: Int32, negativeNanos: Int32) throws {
    let duration = Duration(secondsComponent: 0, attosecondsComponent: 1_500_000_000)
    #expect(try Google_Protobuf_Duration(rounding: duration, rule: rule).nanos == nanos)
    #expect(try Google_Protobuf_Duration(rounding: .zero - duration, rule: rule).nanos == negativeNanos)
  }

  @Test func halfwayToAnEvenNumberStays() throws {
    let duration = Duration(secondsComponent: 0, attosecondsComponent: 2_500_000_000)
    #expect(try Google_Protobuf_Duration(rounding: duration, rule: .toNearestOrEven).nanos == 2)
    #expect(try Google_Protobuf_Duration(rounding: duration).nanos == 3)
  }

  @Test func roundingCarriesToTheSecond() throws {
    let almost = Duration(secondsComponent: -4, attosecondsComponent: -999_999_999_900_000_000)
    #expect(try Google_Protobuf_Duration(rounding: almost) == Google_Protobuf_Duration(seconds: -5))
  }

  @Test(
    arguments: [
      (1, -1, .malformed), (-1, 1, .malformed), (0, 1_000_000_000, .malformed), (0, .min, .malformed),
      (315_576_000_001, 0, .outOfRange), (.min, .min, .outOfRange),
    ] as [(Int64, Int32, WellKnownTypeError.Code)]
  )
  func whatAPeerMaySend(seconds: Int64, nanos: Int32, code: WellKnownTypeError.Code) {
    let message = Google_Protobuf_Duration(seconds: seconds, nanos: nanos)
    #expect(!message.isValid)
    #expect(throws: WellKnownTypeError.self) { try message.timeInterval }
    let error = #expect(throws: WellKnownTypeError.self) { try Duration(message) }
    #expect(error?.code == code)
  }

  @Test(
    arguments: [
      (0, 0, 0), (1.5, 1, 500_000_000), (-1.5, -1, -500_000_000), (-0.000_000_001, 0, -1), (1.0.nextDown, 1, 0),
      (-1.0.nextDown, -1, 0),
    ] as [(Double, Int64, Int32)]
  )
  func timeIntervals(timeInterval: Double, seconds: Int64, nanos: Int32) throws {
    let message = try Google_Protobuf_Duration(timeInterval: timeInterval)
    #expect(message == Google_Protobuf_Duration(seconds: seconds, nanos: nanos))
    #expect(abs(try message.timeInterval - timeInterval) < 1e-9)
  }

  @Test(arguments: [Double.nan, .infinity, 315_576_000_001, -1e300])
  func timeIntervalsBeyond(timeInterval: Double) {
    #expect(throws: WellKnownTypeError.self) { try Google_Protobuf_Duration(timeInterval: timeInterval) }
  }
}
