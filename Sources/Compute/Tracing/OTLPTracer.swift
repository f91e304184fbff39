public import Tracing

/// A tracer that exports the spans of sampled traces in OpenTelemetry's protocol.
///
/// Contexts cross processes in W3C's fields `traceparent` and `tracestate`. A trace that begins here is sampled; one
/// that begins elsewhere is if its beginner says so.
public struct OTLPTracer: Tracer {
  private let exporter: TraceExporter

  /// Creates a tracer that gives its spans to an exporter when they end.
  public init(exporter: TraceExporter) { self.exporter = exporter }

  /// Starts a span, as a child of the one in `context`, if there is one.
  ///
  /// - Parameters:
  ///   - operationName: The span's name.
  ///   - context: The context.
  ///   - kind: The side of a call.
  ///   - instant: The start.
  ///   - function: Not used.
  ///   - fileID: Not used.
  ///   - line: Not used.
  public func startSpan<Instant: TracerInstant>(
    _ operationName: String,
    context: @autoclosure () -> ServiceContext,
    ofKind kind: SpanKind,
    at instant: @autoclosure () -> Instant,
    function: String,
    file fileID: String,
    line: UInt
  ) -> OTLPSpan {
    var context = context()
    let parent = context.traceContext
    let own = parent?.child() ?? .newTrace()
    context.traceContext = own
    return OTLPSpan(
      operationName,
      own,
      parent: parent,
      context: context,
      kind,
      start: instant().nanosecondsSinceEpoch,
      exporter: own.isSampled ? exporter : nil
    )
  }

  /// Does nothing: ``TraceExporter/shutdown(within:)`` exports what is left.
  @available(*, deprecated)
  public func forceFlush() {}

  /// Reads the fields of a caller.
  ///
  /// - Parameters:
  ///   - carrier: The fields.
  ///   - context: The context that gets the caller's span.
  ///   - extractor: Reads a field.
  public func extract<Carrier, Extract: Extractor>(
    _ carrier: Carrier,
    into context: inout ServiceContext,
    using extractor: Extract
  ) where Extract.Carrier == Carrier {
    guard let parent = extractor.extract(key: "traceparent", from: carrier) else { return }
    let state = extractor.extract(key: "tracestate", from: carrier)
    if let caller = TraceContext(parent: parent, state: state) { context.traceContext = caller }
  }

  /// Writes the fields for a callee.
  ///
  /// - Parameters:
  ///   - context: The context with the span.
  ///   - carrier: The fields.
  ///   - injector: Writes a field.
  public func inject<Carrier, Inject: Injector>(
    _ context: ServiceContext,
    into carrier: inout Carrier,
    using injector: Inject
  ) where Inject.Carrier == Carrier {
    guard let own = context.traceContext else { return }
    injector.inject(own.parent, forKey: "traceparent", into: &carrier)
    if let state = own.state { injector.inject(state, forKey: "tracestate", into: &carrier) }
  }
}
