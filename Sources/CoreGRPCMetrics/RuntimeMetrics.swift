public import CoreGRPC
public import Metrics

/// Measures what a server's library sees beside calls: connections, threads, queues, deferred sends, and lines that the
/// log lost.
///
/// Nothing is measured by calls: a program that offers a page of metrics records before it makes the page, and another
/// one records periodically:
///
/// ```swift
/// let metrics = RuntimeMetrics(of: server)
/// try await metrics.record(every: .seconds(15))
/// ```
///
/// <doc:Instruments> lists the instruments, which have no dimension for the server: make one object for a factory, as a
/// second one would overwrite the values of its server, and count those of the process once more. Use it from any
/// thread. It keeps the server.
public final class RuntimeMetrics: Sendable {
  private let server: Server?
  private let connections, calls, pollers, relieved, workers, queued, clientPollers: any MeterHandler
  private let deferred, coalesced, limitedLines, droppedLines: any CounterHandler
  /// The counts of the process that the counters have.
  private let counted = Locked(ProcessStatistics())

  /// Creates the instruments.
  ///
  /// - Parameters:
  ///   - server: The server. Defaults to `nil`: the process has channels alone, and the instruments of a server stay
  ///     zero.
  ///   - factory: The factory that makes the instruments. Defaults to the one with which the program has bootstrapped
  ///     the metrics system.
  public init(of server: Server? = nil, factory: any MetricsFactory = MetricsSystem.factory) {
    self.server = server
    func meter(_ label: String) -> any MeterHandler { factory.makeMeter(label: label, dimensions: []) }
    func counter(_ label: String, _ dimensions: [(String, String)] = []) -> any CounterHandler {
      factory.makeCounter(label: label, dimensions: dimensions)
    }
    connections = meter(Label.serverConnections)
    calls = meter(Label.serverUnreleasedCalls)
    pollers = meter(Label.serverPollerThreads)
    relieved = meter(Label.serverRelievedThreads)
    workers = meter(Label.serverHandlerThreads)
    queued = meter(Label.serverQueuedHandlers)
    clientPollers = meter(Label.clientPollerThreads)
    deferred = counter(Label.deferredSends)
    coalesced = counter(Label.coalescedSends)
    limitedLines = counter(Label.droppedLogLines, [(Dimension.reason, "limit")])
    droppedLines = counter(Label.droppedLogLines, [(Dimension.reason, "full")])
  }

  /// Records the values of now.
  ///
  /// It looks at each file descriptor of the process: see `Server.statistics()`.
  public func record() {
    if let statistics = server?.statistics() {
      // Unknown while no descriptor is left: the last value stays.
      if let count = statistics.openConnections { connections.set(Int64(count)) }
      calls.set(Int64(statistics.openCalls))
      pollers.set(Int64(statistics.pollerThreads))
      relieved.set(Int64(statistics.relievedThreads))
      workers.set(Int64(statistics.handlerThreads))
      queued.set(Int64(statistics.queuedHandlers))
    }
    let now = ProcessStatistics.current
    clientPollers.set(Int64(now.clientPollerThreads))
    // Not under the lock: these are the program's metrics backend.
    for (counter, count) in [
      (deferred, \.deferredSends), (coalesced, \.coalescedSends), (limitedLines, \.limitedLogLines),
      (droppedLines, \.droppedLogLines),
    ] as [(any CounterHandler, WritableKeyPath<ProcessStatistics, Int> & Sendable)] {
      let new = counted.withLock { counted in
        // Another thread may have counted later ones meanwhile.
        defer { counted[keyPath: count] = max(counted[keyPath: count], now[keyPath: count]) }
        return now[keyPath: count] - counted[keyPath: count]
      }
      if new > 0 { counter.increment(by: Int64(new)) }
    }
  }

  /// Records periodically, until the task is cancelled.
  ///
  /// - Parameter interval: The time between two records, for instance 15 seconds. One below a millisecond counts as a
  ///   millisecond.
  /// - Throws: `CancellationError`.
  public func record(every interval: Duration) async throws {
    while true {
      record()
      try await Task.sleep(for: max(interval, .milliseconds(1)).bounded)
    }
  }
}
