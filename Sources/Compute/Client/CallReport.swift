import CoreGRPC
import Histogram

/// The outcome of many calls.
struct CallReport: Sendable {
  private(set) var succeeded = 0
  private(set) var failed = 0
  private let start = ContinuousClock.now
  private var end = ContinuousClock.now
  private var latencies = Histogram<UInt64>(
    highestTrackableValue: 3_600_000_000_000,
    numberOfSignificantValueDigits: .three
  )
  private var answersByText: [Int: String] = [:]
  /// The texts whose answers differ, by number.
  private(set) var conflicts: Set<Int> = []
  private var errors: [String: (count: Int, first: RPCError)] = [:]

  mutating func add(_ answer: String, text: Int, latency: Duration) {
    end = .now
    let previous = answersByText.updateValue(answer, forKey: text)
    if let previous, previous != answer { conflicts.insert(text) }
    let (seconds, attoseconds) = latency.components
    latencies.record(UInt64(clamping: seconds * 1_000_000_000 + attoseconds / 1_000_000_000))
    succeeded += 1
  }

  mutating func add(_ error: RPCError) {
    end = .now
    errors[error.code.description, default: (0, error)].count += 1
    failed += 1
  }

  /// The answer to each text; `nil` where every call failed.
  func answers(count: Int) -> [String?] { (0..<count).map { answersByText[$0] } }

  /// The time from the first call's start to the last one's end.
  var seconds: Double { max((end - start) / .seconds(1), 1e-9) }

  /// Percentiles of the latencies of the calls that succeeded.
  var latenciesInMilliseconds: [(name: String, value: Double)] {
    [("p50", 50.0), ("p90", 90), ("p99", 99), ("p99.9", 99.9), ("max", 100)].map { name, percentile in
      (name, Double(latencies.valueAtPercentile(percentile)) / 1e6)
    }
  }

  /// The errors by their codes, the most frequent first.
  var errorsByCount: [(count: Int, first: RPCError)] { errors.values.sorted { $0.count > $1.count } }

  /// Throughput and latencies.
  var summary: [String] {
    var lines = [
      "calls: \(succeeded + failed) (\(succeeded) OK, \(failed) failed) in \(Self.decimal(seconds)) s, "
        + "\(Int(Double(succeeded + failed) / seconds)) calls/s"
    ]
    if succeeded > 0 {
      let percentiles = latenciesInMilliseconds.map { "\($0.name) \(Self.decimal($0.value))" }
      lines.append("latency (ms): " + percentiles.joined(separator: ", "))
    }
    return lines
  }

  /// A line for each status code that calls ended with, and for each text whose answers differ.
  var failures: [String] {
    let errors = errorsByCount.map { "\($0.count) calls: \($0.first)" }
    return errors + conflicts.sorted().map { "the answers to text \($0 + 1) differ" }
  }

  private static func decimal(_ value: Double) -> String {
    let thousandths = Int((value * 1000).rounded())
    let fraction = String(thousandths % 1000)
    return "\(thousandths / 1000).\(String(repeating: "0", count: 3 - fraction.count))\(fraction)"
  }
}
