import CoreGRPC
public import Metrics

/// A backend of swift-metrics whose instruments are a page of Prometheus' text format.
///
/// A timer is a histogram in seconds, a recorder that aggregates is a histogram, and one that does not is a gauge. A
/// histogram without bounds is a summary without quantiles: a sum and a count.
///
/// Use it from any thread.
public final class PrometheusRegistry: MetricsFactory {
  /// The types of families, as the format names them.
  private enum Kind: String {
    case counter, gauge, histogram, summary
  }

  private struct Family {
    let kind: Kind
    let help: String?
    var series: [String: any Series] = [:]
  }

  private struct State {
    var families: [String: Family] = [:]
    var seriesCount = 0
  }

  private let describe: @Sendable (_ label: String) -> InstrumentDescription
  private let maxSeries: Int
  private let state = Locked(State())

  /// Creates a registry without instruments.
  ///
  /// - Parameters:
  ///   - maxSeries: The largest number of series. Further ones count, and are not on the page. Defaults to 10,000.
  ///   - describe: Returns unit, bounds and help for the label of an instrument. Timers are in seconds whatever it
  ///     says.
  public init(
    maxSeries: Int = 10_000,
    describe: @escaping @Sendable (_ label: String) -> InstrumentDescription = { _ in InstrumentDescription() }
  ) {
    self.maxSeries = maxSeries
    self.describe = describe
  }

  /// The page: all instruments with their values, sorted by name.
  public var page: String {
    let families = state.withLock { $0.families }
    return families.sorted { $0.key < $1.key }.map { name, family in
      PrometheusText.head(name, type: family.kind.rawValue, help: family.help)
        + family.series.sorted { $0.key < $1.key }.map { $0.value.samples(name, $0.key) }.joined()
    }.joined()
  }

  /// Makes a counter.
  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(.counter, label, dimensions) { _ in CounterSeries() }
  }

  /// Makes a counter of fractions.
  public func makeFloatingPointCounter(
    label: String,
    dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(.counter, label, dimensions) { _ in FloatingPointCounterSeries() }
  }

  /// Makes a gauge.
  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(.gauge, label, dimensions) { _ in GaugeSeries() }
  }

  /// Makes a histogram, or a gauge of the last value.
  public func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    guard aggregate else { return series(.gauge, label, dimensions) { _ in GaugeSeries() } }
    return series(.histogram, label, dimensions) { HistogramSeries(bounds: $0) }
  }

  /// Makes a histogram in seconds.
  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(.histogram, label, dimensions, unit: "seconds") { HistogramSeries(bounds: $0) }
  }

  /// Takes a counter off the page.
  public func destroyCounter(_ handler: any CounterHandler) { remove(handler) }

  /// Takes a counter off the page.
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) { remove(handler) }

  /// Takes a gauge off the page.
  public func destroyMeter(_ handler: any MeterHandler) { remove(handler) }

  /// Takes a histogram or a gauge off the page.
  public func destroyRecorder(_ handler: any RecorderHandler) { remove(handler) }

  /// Takes a histogram off the page.
  public func destroyTimer(_ handler: any TimerHandler) { remove(handler) }

  /// Returns the series of a label and its dimensions: the one that there is, or a new one.
  ///
  /// A label that is another kind of instrument already gets a series that is not on the page.
  private func series<New: Series>(
    _ kind: Kind,
    _ label: String,
    _ dimensions: [(String, String)],
    unit: String? = nil,
    _ make: (_ bounds: [Double]) -> New
  ) -> New {
    let description = describe(label)
    let bounds = description.bounds ?? []
    let kind = kind == .histogram && bounds.isEmpty ? .summary : kind
    var name = PrometheusText.name(PrometheusText.name(label), endingWith: unit ?? description.unit)
    if kind == .counter { name = PrometheusText.name(name, endingWith: "total") }
    let labels = PrometheusText.labels(dimensions)
    let new = make(bounds)
    return state.withLock { [name] state in
      let family = state.families[name] ?? Family(kind: kind, help: description.help)
      guard family.kind == kind else { return new }
      if let known = family.series[labels] { return known as? New ?? new }
      guard state.seriesCount < maxSeries else { return new }
      state.families[name, default: family].series[labels] = new
      state.seriesCount += 1
      return new
    }
  }

  private func remove(_ handler: any AnyObject) {
    state.withLock { state in
      for (name, family) in state.families {
        guard let (labels, _) = family.series.first(where: { $0.value === handler }) else { continue }
        state.families[name]?.series[labels] = nil
        if state.families[name]?.series.isEmpty == true { state.families[name] = nil }
        state.seriesCount -= 1
        return
      }
    }
  }
}
