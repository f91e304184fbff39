/// The spans that wait for export: a bounded queue.
struct TraceQueue {
  /// The largest number of spans that wait.
  let capacity: Int

  private(set) var spans: [Opentelemetry_Proto_Trace_V1_Span] = []

  /// The number of spans that were lost since it was last asked for.
  private var lost = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Adds a span, or counts it as lost when there is no room.
  mutating func add(_ span: Opentelemetry_Proto_Trace_V1_Span) {
    if spans.count < capacity { spans.append(span) } else { lost += 1 }
  }

  /// Removes the oldest spans.
  mutating func takeFirst(_ count: Int) -> [Opentelemetry_Proto_Trace_V1_Span] {
    let first = Array(spans.prefix(count))
    spans.removeFirst(first.count)
    return first
  }

  /// Puts spans back whose export can be tried again, as far as there is room.
  mutating func putBack(_ batch: [Opentelemetry_Proto_Trace_V1_Span]) {
    let room = max(0, capacity - spans.count)
    spans.insert(contentsOf: batch.suffix(room), at: 0)
    lost += max(0, batch.count - room)
  }

  /// Counts spans as lost.
  mutating func lose(_ count: Int) { lost += count }

  /// Returns the number of spans that were lost since the last question.
  mutating func takeLost() -> Int {
    defer { lost = 0 }
    return lost
  }
}
