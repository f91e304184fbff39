import Testing

@testable import CoreGRPC

@Suite("The limit of log lines of one kind, as a value")
struct LogLimitTests {
  private let start = ContinuousClock.now

  @Test("A burst passes, and the next line tells the number of those left out")
  func burst() {
    var limit = LogLimit()
    let first = (0..<8).map { _ in limit.admit(at: start) }
    #expect(first == [0, 0, 0, 0, 0, nil, nil, nil])
    #expect(limit.admit(at: start + .seconds(11)) == nil)
    #expect(limit.admit(at: start + .seconds(12)) == 4)
    #expect(limit.admit(at: start + .seconds(12)) == nil)
    #expect(limit.admit(at: start + .seconds(24)) == 1)
  }

  @Test("After a minute of silence a burst passes again")
  func silence() {
    var limit = LogLimit()
    for _ in 0..<6 { _ = limit.admit(at: start) }
    let later = start + .seconds(60)
    #expect((0..<6).map { _ in limit.admit(at: later) } == [1, 0, 0, 0, 0, nil])
  }

  @Test("Without end, there are five lines a minute")
  func steady() {
    var limit = LogLimit()
    let lines = (0..<6_000).filter { limit.admit(at: start + .milliseconds(100 * $0)) != nil }
    #expect(lines.count == 5 + 49)
  }

  @Test("The note is empty where none was left out")
  func note() {
    #expect(LogLimit.note(skipped: 0) == "")
    #expect(LogLimit.note(skipped: 3) == "; 3 others since the last report")
  }
}
