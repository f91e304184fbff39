public import CoreGRPC
public import CoreGRPCMetrics
import Metrics
import Synchronization

/// The measurement of a program's own calls, for `--metrics`.
public enum Measurement {
  /// The observers of a server.
  public static func ofServer() -> [any ServerCallObserver] { [ServerMetrics(factory: AtomicMetrics())] }

  /// The observers of a channel.
  public static func ofChannel() -> [any ClientCallObserver] { [ClientMetrics(factory: AtomicMetrics())] }
}

/// A metrics backend that does the least that one can: what a real one takes longer is its own.
private struct AtomicMetrics: MetricsFactory {
  func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { AtomicHandler() }
  func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { AtomicHandler() }
  func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { AtomicHandler() }

  func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler {
    AtomicHandler()
  }

  func destroyCounter(_ handler: any CounterHandler) {}
  func destroyMeter(_ handler: any MeterHandler) {}
  func destroyRecorder(_ handler: any RecorderHandler) {}
  func destroyTimer(_ handler: any TimerHandler) {}
}

private final class AtomicHandler: CounterHandler, MeterHandler, RecorderHandler, TimerHandler {
  private let sum = Atomic<Int64>(0)

  private func add(_ amount: Int64) { sum.wrappingAdd(amount, ordering: .relaxed) }

  func increment(by amount: Int64) { add(amount) }
  func reset() { sum.store(0, ordering: .relaxed) }
  func set(_ value: Int64) { sum.store(value, ordering: .relaxed) }
  func set(_ value: Double) { set(Int64(value)) }
  func increment(by amount: Double) { add(Int64(amount)) }
  func decrement(by amount: Double) { add(-Int64(amount)) }
  func record(_ value: Int64) { add(value) }
  func record(_ value: Double) { add(Int64(value)) }
  func recordNanoseconds(_ duration: Int64) { add(duration) }
}
