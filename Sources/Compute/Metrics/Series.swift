import CoreGRPC
import Metrics

/// A family's values for one set of labels.
protocol Series: AnyObject, Sendable {
  /// Returns the lines of the samples.
  func samples(_ name: String, _ labels: String) -> String
}

/// A number that grows.
final class CounterSeries: Series, CounterHandler {
  private let value = Locked<Int64>(0)

  func increment(by amount: Int64) {
    // A counter never decreases. One that overflows begins again, as after a restart.
    if amount > 0 { value.withLock { $0 = $0.addingReportingOverflow(amount).overflow ? 0 : $0 + amount } }
  }

  func reset() { value.withLock { $0 = 0 } }

  func samples(_ name: String, _ labels: String) -> String {
    PrometheusText.sample(name, labels, "\(value.withLock { $0 })")
  }
}

/// A number that grows by fractions.
final class FloatingPointCounterSeries: Series, FloatingPointCounterHandler {
  private let value = Locked<Double>(0)

  func increment(by amount: Double) {
    if amount > 0, amount.isFinite { value.withLock { $0 += amount } }
  }

  func reset() { value.withLock { $0 = 0 } }

  func samples(_ name: String, _ labels: String) -> String {
    PrometheusText.sample(name, labels, PrometheusText.number(value.withLock { $0 }))
  }
}

/// A number that goes up and down.
final class GaugeSeries: Series, MeterHandler, RecorderHandler {
  private let value = Locked<Double>(0)

  func set(_ value: Int64) { set(Double(value)) }

  func set(_ value: Double) { self.value.withLock { $0 = value } }

  func increment(by amount: Double) { value.withLock { $0 += amount } }

  func decrement(by amount: Double) { value.withLock { $0 -= amount } }

  func record(_ value: Int64) { set(Double(value)) }

  func record(_ value: Double) { set(value) }

  func samples(_ name: String, _ labels: String) -> String {
    PrometheusText.sample(name, labels, PrometheusText.number(value.withLock { $0 }))
  }
}

/// The distribution of numbers: how many there were, below each bound and altogether, and their sum.
final class HistogramSeries: Series, TimerHandler, RecorderHandler {
  private struct State {
    /// The numbers of each bucket alone; those above the last bound come last.
    var counts: [UInt64]
    var sum = 0.0
  }

  private let bounds: [Double]
  private let state: Locked<State>

  init(bounds: [Double]) {
    self.bounds = bounds
    state = Locked(State(counts: Array(repeating: 0, count: bounds.count + 1)))
  }

  func recordNanoseconds(_ duration: Int64) { record(Double(duration) / 1e9) }

  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    guard !value.isNaN else { return }
    // The first bound that is not below the value, by halves.
    var (low, high) = (0, bounds.count)
    while low < high {
      let middle = (low + high) / 2
      if bounds[middle] < value { low = middle + 1 } else { high = middle }
    }
    state.withLock { [low] state in
      state.counts[low] += 1
      state.sum += value
    }
  }

  func samples(_ name: String, _ labels: String) -> String {
    let state = state.withLock { $0 }
    var text = ""
    var count: UInt64 = 0
    for (bound, number) in zip(bounds + [.infinity], state.counts) {
      count += number
      if !bounds.isEmpty {
        text += PrometheusText.sample(name + "_bucket", labels, "\(count)", bound: PrometheusText.number(bound))
      }
    }
    text += PrometheusText.sample(name + "_sum", labels, PrometheusText.number(state.sum))
    return text + PrometheusText.sample(name + "_count", labels, "\(count)")
  }
}
