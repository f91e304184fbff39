/// The time and the size of the next export, as the collector has answered the last ones.
struct ExportPace {
  /// The fate of the spans of an export that has failed.
  enum Outcome: Equatable {
    /// They are lost.
    case lost
    /// They are exported again, after a pause.
    case later
    /// They are exported again, in smaller batches.
    case smaller
  }

  /// The largest number of spans in an export.
  static let largestBatch = 512
  private static let firstPause = Duration.seconds(1)
  private static let longestPause = Duration.seconds(30)
  /// A collector may ask for a pause of years.
  private static let longestRequestedPause = Duration.seconds(300)

  /// The number of spans in the next export.
  private(set) var batchSize = Self.largestBatch

  /// Whether the last export failed.
  private(set) var isFailing = false

  private var pause = Self.firstPause
  private var next: ContinuousClock.Instant?

  /// Whether an export may begin at a time.
  func isDue(at now: ContinuousClock.Instant) -> Bool { next.map { $0 <= now } ?? true }

  /// Notes a success.
  ///
  /// - Returns: Whether it is the first one after failures.
  mutating func succeed() -> Bool {
    defer { isFailing = false }
    batchSize = min(Self.largestBatch, batchSize * 2)
    pause = Self.firstPause
    next = nil
    return isFailing
  }

  /// Notes a failure.
  ///
  /// - Parameters:
  ///   - count: The number of spans.
  ///   - mayPass: Whether the same export may succeed later.
  ///   - isTooMuch: Whether the collector was out of resources. Without a delay the export may be too large for it.
  ///   - delay: The pause for which the collector has asked.
  ///   - now: The time.
  /// - Returns: What becomes of the spans, and whether the failure is the first.
  mutating func fail(
    count: Int,
    mayPass: Bool,
    isTooMuch: Bool,
    delay: Duration?,
    at now: ContinuousClock.Instant
  ) -> (outcome: Outcome, isFirst: Bool) {
    if isTooMuch, delay == nil, count > 1 {
      batchSize = count / 2
      return (.smaller, false)
    }
    let isFirst = !isFailing
    isFailing = true
    // Many processes that lost their collector at one time do not come back at one time.
    let ownPause = pause * Double.random(in: 0.8...1)
    next = now + max(ownPause, min(delay ?? .zero, Self.longestRequestedPause))
    pause = min(pause * 2, Self.longestPause)
    return (mayPass || isTooMuch && delay != nil ? .later : .lost, isFirst)
  }
}
