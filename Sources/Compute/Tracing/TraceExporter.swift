public import CoreGRPC

/// Exports spans to a collector by OTLP, `opentelemetry.proto.collector.trace.v1.TraceService`, on a channel of this
/// library.
///
/// Ended spans wait in a queue of 2,048, and are exported each second, or as soon as 512 wait. A span that finds the
/// queue full is lost, and counted: spans delay no call. An export that fails in a way that may pass is tried again
/// each second.
///
/// The first failure is reported, and the next success. Lost spans are reported each ten seconds at most, and not while
/// exports fail.
public final class TraceExporter: Sendable {
  private static let batchSize = 512
  private static let interval = Duration.seconds(1)
  private static let timeout = Duration.seconds(5)
  private static let reportInterval = Duration.seconds(10)

  private struct Reporting {
    var isFailing = false
    var nextLoss = ContinuousClock.now
  }

  private let client: Opentelemetry_Proto_Collector_Trace_V1_TraceService.Client
  private let resource: Opentelemetry_Proto_Resource_V1_Resource
  private let report: @Sendable (String) -> Void
  private let queue: Locked<TraceQueue>
  private let wake: AsyncStream<Void>.Continuation
  private let reporting = Locked(Reporting())
  private let tasks: Locked<[Task<Void, Never>]>

  /// Begins to export.
  ///
  /// - Parameters:
  ///   - channel: A channel to the collector. It must not trace its own calls.
  ///   - resource: The attributes of this process, such as `service.name`.
  ///   - capacity: The largest number of spans that wait. Defaults to 2,048.
  ///   - report: Gets a sentence when exports begin to fail, when they succeed again, and when spans were lost.
  public init(
    channel: Channel,
    resource: [String: String],
    capacity: Int = 2048,
    report: @escaping @Sendable (String) -> Void
  ) {
    client = Opentelemetry_Proto_Collector_Trace_V1_TraceService.Client(channel: channel)
    self.resource = Opentelemetry_Proto_Resource_V1_Resource(
      attributes: resource.sorted { $0.key < $1.key }.map { key, value in
        var attribute = Opentelemetry_Proto_Common_V1_KeyValue()
        attribute.key = key
        attribute.value = .init(value: .stringValue(value))
        return attribute
      }
    )
    self.report = report
    queue = Locked(TraceQueue(capacity: capacity))
    let (wakes, wake) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    self.wake = wake
    tasks = Locked([])
    let clock = Task { [wake] in
      while (try? await Task.sleep(for: Self.interval)) != nil { wake.yield() }
    }
    let exports = Task { [weak self] in
      for await _ in wakes { await self?.export() }
    }
    tasks.withLock { $0 = [clock, exports] }
  }

  deinit {
    wake.finish()
    for task in tasks.withLock({ $0 }) { task.cancel() }
  }

  /// Adds a span that has ended.
  func add(_ span: Opentelemetry_Proto_Trace_V1_Span) {
    let count = queue.withLock { queue in
      queue.add(span)
      return queue.spans.count
    }
    if count.isMultiple(of: Self.batchSize) { wake.yield() }
  }

  /// Exports what is left, and ends.
  ///
  /// - Parameter limit: The longest time. Defaults to 5 seconds. Spans that are left then are lost.
  public func shutdown(within limit: Duration = .seconds(5)) async {
    let tasks = tasks.withLock { $0 }
    wake.finish()
    tasks.first?.cancel()
    let left = Task {
      for task in tasks { await task.value }
      await self.export()
    }
    let alarm = Task {
      try? await Task.sleep(for: limit)
      for task in tasks { task.cancel() }
      left.cancel()
    }
    await left.value
    alarm.cancel()
    reportLost(queue.withLock { $0.takeLost() + $0.takeFirst(.max).count })
  }

  /// Exports batches until none is left, or one fails.
  private func export() async {
    while true {
      let batch = queue.withLock { $0.takeFirst(Self.batchSize) }
      guard !batch.isEmpty else { break }
      do {
        let response = try await client.export(request(of: batch), options: CallOptions(timeout: Self.timeout))
        if let partial = response.partialSuccess, partial.rejectedSpans > 0 {
          queue.withLock { $0.lose(Int(clamping: partial.rejectedSpans)) }
        }
        if reporting.withLock({ exchange(&$0.isFailing, false) }) { report("spans are exported again") }
      } catch {
        queue.withLock { queue in
          if Self.mayPass(error.code) { queue.putBack(batch) } else { queue.lose(batch.count) }
        }
        if !reporting.withLock({ exchange(&$0.isFailing, true) }) { report("spans cannot be exported: \(error)") }
        break
      }
    }
    let isDue = reporting.withLock { reporting in
      guard !reporting.isFailing, reporting.nextLoss <= .now else { return false }
      reporting.nextLoss = .now + Self.reportInterval
      return true
    }
    if isDue { reportLost(queue.withLock { $0.takeLost() }) }
  }

  private func reportLost(_ count: Int) {
    if count > 0 { report("\(count) spans were lost") }
  }

  private func request(
    of spans: [Opentelemetry_Proto_Trace_V1_Span]
  ) -> Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest {
    var scope = Opentelemetry_Proto_Trace_V1_ScopeSpans()
    scope.scope = .init(name: "coregrpc", version: CoreGRPCVersion.current)
    scope.spans = spans
    var resourceSpans = Opentelemetry_Proto_Trace_V1_ResourceSpans()
    resourceSpans.resource = resource
    resourceSpans.scopeSpans = [scope]
    return .init(resourceSpans: [resourceSpans])
  }

  /// Whether the specification of OTLP has a client try again after a code.
  private static func mayPass(_ code: RPCError.Code) -> Bool {
    switch code {
    case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss, .resourceExhausted: true
    default: false
    }
  }
}

/// Replaces a value, and returns the former one.
private func exchange<Value>(_ value: inout Value, _ new: Value) -> Value {
  defer { value = new }
  return value
}
