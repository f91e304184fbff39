import CoreGRPC
public import Tracing

/// A span that is exported when it ends, if its trace is sampled.
///
/// Of events, links and attributes it keeps 128 each, and the numbers of the others. Of a text it exports 4,096 bytes,
/// and of a list 128 elements.
public final class OTLPSpan: Tracing.Span {
  private static let limit = 128

  private struct State {
    var name: String
    var attributes: SpanAttributes = [:]
    var events: [SpanEvent] = []
    var links: [SpanLink] = []
    var droppedEvents: UInt32 = 0
    var droppedLinks: UInt32 = 0
    var status: SpanStatus?
    var isEnded = false
  }

  /// The context of this span, for its children.
  public let context: ServiceContext

  private let own: TraceContext
  private let parent: TraceContext?
  private let kind: SpanKind
  private let start: UInt64
  private let exporter: TraceExporter?
  private let state: Locked<State>

  init(
    _ name: String,
    _ own: TraceContext,
    parent: TraceContext?,
    context: ServiceContext,
    _ kind: SpanKind,
    start: UInt64,
    exporter: TraceExporter?
  ) {
    self.own = own
    self.parent = parent
    self.context = context
    self.kind = kind
    self.start = start
    self.exporter = exporter
    state = Locked(State(name: name))
  }

  /// The span's name.
  public var operationName: String {
    get { state.withLock { $0.name } }
    set { change { $0.name = newValue } }
  }

  /// The attributes.
  ///
  /// Changes after the end have no effect.
  public var attributes: SpanAttributes {
    get { state.withLock { $0.attributes } }
    set { change { $0.attributes = newValue } }
  }

  /// Whether what is set is exported.
  public var isRecording: Bool { exporter != nil && !state.withLock { $0.isEnded } }

  /// Sets the status.
  public func setStatus(_ status: SpanStatus) { change { $0.status = status } }

  /// Adds an event.
  public func addEvent(_ event: SpanEvent) {
    change { state in
      if state.events.count < Self.limit { state.events.append(event) } else { state.droppedEvents += 1 }
    }
  }

  /// Adds an event with the type of an error, and not with its text, which may have secrets.
  ///
  /// - Parameters:
  ///   - error: The error.
  ///   - attributes: Further attributes of the event.
  ///   - instant: The event's time.
  public func recordError<Instant: TracerInstant>(
    _ error: any Error,
    attributes: SpanAttributes,
    at instant: @autoclosure () -> Instant
  ) {
    var attributes = attributes
    attributes["exception.type"] = "\(type(of: error))"
    addEvent(SpanEvent(name: "exception", at: instant(), attributes: attributes))
  }

  /// Adds a link to another span.
  public func addLink(_ link: SpanLink) {
    change { state in
      if state.links.count < Self.limit { state.links.append(link) } else { state.droppedLinks += 1 }
    }
  }

  /// Ends the span.
  ///
  /// Only the first end counts.
  public func end<Instant: TracerInstant>(at instant: @autoclosure () -> Instant) {
    let ended: State? = state.withLock { state in
      guard !state.isEnded else { return nil }
      state.isEnded = true
      return state
    }
    guard let exporter, let ended else { return }
    exporter.add(message(of: ended, end: instant().nanosecondsSinceEpoch))
  }

  private func change(_ body: (inout State) -> Void) {
    guard exporter != nil else { return }
    state.withLock { state in
      if !state.isEnded { body(&state) }
    }
  }

  private func message(of state: State, end: UInt64) -> Opentelemetry_Proto_Trace_V1_Span {
    var span = Opentelemetry_Proto_Trace_V1_Span()
    span.traceID = own.traceID
    span.spanID = own.spanID
    span.traceState = own.state ?? ""
    span.parentSpanID = parent?.spanID ?? []
    span.flags = own.isSampled ? 1 : 0
    span.name = state.name.boundedForExport
    span.kind = Self.kind(kind)
    span.startTimeUnixNano = start
    span.endTimeUnixNano = max(start, end)
    (span.attributes, span.droppedAttributesCount) = state.attributes.messages(limit: Self.limit)
    span.events = state.events.map { event in
      var message = Opentelemetry_Proto_Trace_V1_Span.Event()
      message.timeUnixNano = event.nanosecondsSinceEpoch
      message.name = event.name.boundedForExport
      (message.attributes, message.droppedAttributesCount) = event.attributes.messages(limit: Self.limit)
      return message
    }
    span.droppedEventsCount = state.droppedEvents
    span.links = state.links.compactMap { link in
      guard let other = link.context.traceContext else { return nil }
      var message = Opentelemetry_Proto_Trace_V1_Span.Link()
      message.traceID = other.traceID
      message.spanID = other.spanID
      message.traceState = other.state ?? ""
      message.flags = other.isSampled ? 1 : 0
      (message.attributes, message.droppedAttributesCount) = link.attributes.messages(limit: Self.limit)
      return message
    }
    span.droppedLinksCount = state.droppedLinks
    if let status = state.status {
      span.status = Opentelemetry_Proto_Trace_V1_Status(
        message: (status.message ?? "").boundedForExport,
        code: status.code == .error ? .error : .ok
      )
    }
    return span
  }

  private static func kind(_ kind: SpanKind) -> Opentelemetry_Proto_Trace_V1_Span.SpanKind {
    switch kind {
    case .server: .server
    case .client: .client
    case .producer: .producer
    case .consumer: .consumer
    case .internal: .internal
    }
  }
}
