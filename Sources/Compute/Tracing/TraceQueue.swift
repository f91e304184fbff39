/// The spans that wait for export: a bounded queue.
struct TraceQueue {
  /// The largest number of spans that wait.
  let capacity: Int

  private(set) var spans: [Opentelemetry_Proto_Trace_V1_Span] = []

  /// The number of spans that were lost since it was last asked for.
  private var lost = 0

  init(capacity: Int) { self.capacity = capacity }

  /// Adds a span, or counts it as lost when there is no room.
  ///
  /// - Returns: Whether there was room.
  mutating func add(_ span: Opentelemetry_Proto_Trace_V1_Span) -> Bool {
    guard spans.count < capacity else {
      lose(1)
      return false
    }
    spans.append(span)
    return true
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
    lose(batch.count - room)
  }

  /// Counts spans as lost; a count that is not positive is none.
  mutating func lose(_ count: Int) {
    let (sum, isTooLarge) = lost.addingReportingOverflow(max(0, count))
    lost = isTooLarge ? .max : sum
  }

  /// Returns the number of spans that were lost since the last question.
  mutating func takeLost() -> Int {
    defer { lost = 0 }
    return lost
  }
}
