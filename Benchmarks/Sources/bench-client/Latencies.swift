import Glibc

/// Durations in nanoseconds, counted in buckets that are a 32nd of a power of two wide.
struct Latencies: Sendable {
  private var buckets = [Int](repeating: 0, count: 59 * 32)
  private(set) var count = 0

  mutating func add(_ duration: UInt64) {
    let value = max(duration, 32)
    let shift = 58 - value.leadingZeroBitCount
    buckets[shift * 32 + Int(value >> UInt64(shift)) & 31] += 1
    count += 1
  }

  mutating func add(_ other: Latencies) {
    for index in buckets.indices { buckets[index] += other.buckets[index] }
    count += other.count
  }

  /// In microseconds.
  func quantile(_ fraction: Double) -> Double {
    let wanted = max(1, Int((Double(count) * fraction).rounded(.up)))
    var seen = 0
    for (index, bucket) in buckets.enumerated() {
      seen += bucket
      if seen >= wanted { return (32.5 + Double(index % 32)) * exp2(Double(index / 32)) / 1e3 }
    }
    return 0
  }
}
