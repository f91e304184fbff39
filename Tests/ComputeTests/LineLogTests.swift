import Foundation
import Glibc
import Logging
import Testing

@testable import CommandLineSupport

@Suite("Lines of the programs' log")
struct LineLogTests {
  private let entries: [(key: String, value: Logger.Metadata.Value)] = [
    ("plain", "a"), ("empty", ""), ("text", "a \"b\"\n\u{1B}[31m"), ("list", ["a", .stringConvertible(7)]),
    ("map", ["k": "v"]),
  ]

  @Test("A line of text has no control characters, and quotes where a value needs them")
  func text() {
    let line = LineLog.line(.text, time: "T", level: .error, message: "a\n\u{1B}[31mb", entries)
    #expect(
      line == #"""
        T error a??[31mb plain=a empty="" text="a \"b\"\n\u001b[31m" list="[\"a\", \"7\"]" map="[\"k\": \"v\"]"
        """#
    )
  }

  @Test("A line of JSON is JSON")
  func json() throws {
    let line = LineLog.line(.json, time: "T", level: .error, message: "a\n\u{1B}[31mb", entries)
    #expect(!line.contains("\n"))
    let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary
    #expect(
      object == [
        "time": "T", "level": "error", "message": "a\n\u{1B}[31mb", "plain": "a", "empty": "",
        "text": "a \"b\"\n\u{1B}[31m", "list": ["a", "7"], "map": ["k": "v"],
      ]
    )
  }

  @Test(
    "Times are in UTC, to the millisecond",
    arguments: [(0, "1970-01-01T00:00:00.007Z"), (1_796_060_001, "2026-11-30T17:33:21.007Z")]
  )
  func time(seconds: Int, text: String) {
    #expect(LineTime.text(of: timespec(tv_sec: seconds, tv_nsec: 7_999_999)) == text)
  }
}
