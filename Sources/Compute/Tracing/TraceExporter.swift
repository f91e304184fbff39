public import CoreGRPC
import CoreGRPCProtobuf

/// Exports spans to a collector by OTLP, `opentelemetry.proto.collector.trace.v1.TraceService`, on a channel of this
/// library.
///
/// Ended spans wait in a queue of 2,048, and are exported each second, or as soon as 512 wait. A span that finds the
/// queue full is lost, and counted: spans delay no call. An export that fails in a way that may pass is tried again
/// after a second, and then after pauses that grow to 30 seconds, or that the collector asks for. When it is out of
/// resources and asks for none, the exports become smaller, and a single span that it does not take is lost.
///
/// The first failure is reported, and the next success. Lost spans are reported each ten seconds at most, and not while
/// exports fail.
public final class TraceExporter: Sendable {
  private static let interval = Duration.seconds(1)
  private static let timeout = Duration.seconds(5)
  private static let reportInterval = Duration.seconds(10)

  private struct Reporting {
    var pace = ExportPace()
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
      for await _ in wakes { await self?.exportIfDue() }
    }
    tasks.withLock { $0 = [clock, exports] }
  }

  deinit {
    wake.finish()
    for task in tasks.withLock({ $0 }) { task.cancel() }
  }

  /// Adds a span that has ended.
  func add(_ span: Opentelemetry_Proto_Trace_V1_Span) {
    let hasBatch = queue.withLock { queue in
      queue.add(span) && queue.spans.count.isMultiple(of: ExportPace.largestBatch)
    }
    // While exports fail, the clock alone wakes.
    if hasBatch, !reporting.withLock({ $0.pace.isFailing }) { wake.yield() }
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

  private func exportIfDue() async {
    if reporting.withLock({ $0.pace.isDue(at: .now) }) { await export() }
  }

  /// Exports batches until none is left, or one fails.
  private func export() async {
    while true {
      let size = reporting.withLock { $0.pace.batchSize }
      let batch = queue.withLock { $0.takeFirst(size) }
      guard !batch.isEmpty else { break }
      do {
        let response = try await client.export(request(of: batch), options: CallOptions(timeout: Self.timeout))
        if let partial = response.partialSuccess {
          // The number is the collector's.
          queue.withLock { $0.lose(min(batch.count, Int(clamping: partial.rejectedSpans))) }
        }
        if reporting.withLock({ $0.pace.succeed() }) { report("spans are exported again") }
      } catch {
        let (outcome, isFirst) = reporting.withLock { reporting in
          reporting.pace.fail(
            count: batch.count,
            mayPass: Self.mayPass(error.code),
            isTooMuch: error.code == .resourceExhausted,
            delay: Self.requestedDelay(error),
            at: .now
          )
        }
        queue.withLock { queue in
          if outcome == .lost { queue.lose(batch.count) } else { queue.putBack(batch) }
        }
        if isFirst { report("spans cannot be exported: \(error)") }
        if outcome != .smaller { break }
      }
    }
    let isDue = reporting.withLock { reporting in
      guard !reporting.pace.isFailing, reporting.nextLoss <= .now else { return false }
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

  /// Whether the specification of OTLP has a client try again after a code, whatever the details.
  private static func mayPass(_ code: RPCError.Code) -> Bool {
    switch code {
    case .cancelled, .deadlineExceeded, .aborted, .outOfRange, .unavailable, .dataLoss: true
    default: false
    }
  }

  /// The pause for which a collector asks in an error's details.
  private static func requestedDelay(_ error: RPCError) -> Duration? {
    let status = try? error.unpackGoogleRPCStatus()
    return status?.details.lazy.compactMap(\.retryInfo).first?.delay
  }
}
