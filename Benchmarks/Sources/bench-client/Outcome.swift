/// The outcome of a worker's calls, or of all workers'.
struct Outcome: Sendable {
  private(set) var latencies = Latencies()
  private(set) var errors = 0

  mutating func succeeded(from start: UInt64, in window: Window) {
    let end = Clock.now
    if start >= window.start && end <= window.end { latencies.add(end - start) }
  }

  mutating func failed() { errors += 1 }

  mutating func add(_ other: Outcome) {
    latencies.add(other.latencies)
    errors += other.errors
  }
}
