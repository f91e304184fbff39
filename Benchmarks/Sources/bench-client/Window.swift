import Synchronization

/// When is measured: for some seconds after a warm-up, or for a number of calls.
final class Window: Sendable {
  /// Calls that start earlier do not count.
  let start: UInt64

  /// No call starts later.
  let end: UInt64

  private let budget: Atomic<Int>
  private let cpuAtStart = Atomic<UInt64>(0)
  private let cpuAtEnd = Atomic<UInt64>(0)
  private let switchesAtStart = Atomic(0)
  private let switchesAtEnd = Atomic(0)
  private let closed = Atomic<UInt64>(0)

  init(options: Options) {
    let now = Clock.now
    budget = Atomic(options.count ?? .max)
    start = options.count == nil ? now + UInt64(options.warmup * 1e9) : now
    end = options.count == nil ? start + UInt64(options.seconds * 1e9) : .max
  }

  /// The time at which another call starts; `nil` when there is to be none.
  func next() -> UInt64? {
    let now = Clock.now
    return now < end && budget.subtract(1, ordering: .relaxed).oldValue > 0 ? now : nil
  }

  /// Notes what has been used when the window begins and ends; returns then.
  func watch() {
    Clock.sleep(until: start)
    switchesAtStart.store(Clock.contextSwitches, ordering: .releasing)
    cpuAtStart.store(Clock.cpu, ordering: .releasing)
    guard end != .max else { return }
    Clock.sleep(until: end)
    noteEnd()
  }

  /// Ends a window that is open until the last call is done.
  func close() {
    closed.store(min(Clock.now, end), ordering: .releasing)
    noteEnd()
  }

  /// Whoever comes first notes.
  private func noteEnd() {
    let (switches, cpu) = (Clock.contextSwitches, Clock.cpu)
    _ = switchesAtEnd.compareExchange(expected: 0, desired: switches, ordering: .acquiringAndReleasing)
    _ = cpuAtEnd.compareExchange(expected: 0, desired: cpu, ordering: .acquiringAndReleasing)
  }

  /// A line of JSON.
  func report(on outcome: Outcome) -> String {
    let latencies = outcome.latencies
    let seconds = Double(closed.load(ordering: .acquiring) - start) / 1e9
    let used = cpuAtEnd.load(ordering: .acquiring) - cpuAtStart.load(ordering: .acquiring)
    let switches = switchesAtEnd.load(ordering: .acquiring) - switchesAtStart.load(ordering: .acquiring)
    let calls = Double(max(latencies.count, 1))
    let fields: [(String, Double)] = [
      ("seconds", seconds), ("operations", Double(latencies.count)), ("errors", Double(outcome.errors)),
      ("rate", Double(latencies.count) / seconds),
      ("p50", latencies.quantile(0.5)), ("p90", latencies.quantile(0.9)), ("p99", latencies.quantile(0.99)),
      ("p999", latencies.quantile(0.999)),
      ("client_cpu", Double(used) / 1e3 / calls), ("client_switches", Double(switches) / calls),
    ]
    return "{" + fields.map { "\"\($0)\":\($1)" }.joined(separator: ",") + "}"
  }
}
