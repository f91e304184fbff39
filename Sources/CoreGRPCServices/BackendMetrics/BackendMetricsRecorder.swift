import CoreGRPC

/// The current metrics of a server, which its program updates.
///
/// ``BackendMetricsInterceptor`` reports them with each call, and ``OpenRCAService`` on streams of their own. Use a
/// recorder from any thread.
public final class BackendMetricsRecorder: Sendable {
  private let state = Locked(BackendMetrics())

  /// Creates a recorder of metrics of which none is known.
  public init() {}

  /// The metrics now.
  public var metrics: BackendMetrics { state.withLock { $0 } }

  /// Changes the metrics.
  ///
  /// - Parameter change: Changes them, under a lock: it must not block.
  public func update(_ change: (inout BackendMetrics) -> Void) { state.withLock { change(&$0) } }
}
