import CoreGRPC

/// The events that wait for a logger, as a value: bounded in number and in rate, with a count of what was dropped.
struct LogQueue: Sendable {
  /// What there is to log.
  struct Batch: Sendable {
    var events: [CoreGRPCLog.Event]
    /// How many events were dropped in a second that is over.
    var dropped = 0
    /// When to ask for the number of those that are being dropped now; said once for each report.
    var reportTime: ContinuousClock.Instant?
  }

  private let maximum: Int
  private var waiting: [CoreGRPCLog.Event] = []
  /// The end of the second that began with the first event after the last one.
  private var secondEnds: ContinuousClock.Instant?
  private var acceptedThisSecond = 0
  private var dropped = 0
  private var reportTime: ContinuousClock.Instant?
  private var hasSaidReportTime = false

  /// - Parameter maximum: How many events are accepted in a second, and how many may wait.
  init(maximum: Int) { self.maximum = maximum }

  /// Takes an event, or counts it as dropped.
  ///
  /// - Returns: Whether to wake who logs, because there is something new to do.
  mutating func add(_ event: CoreGRPCLog.Event, at now: ContinuousClock.Instant) -> Bool {
    let end = secondEnds.flatMap { now < $0 ? $0 : nil } ?? now + .seconds(1)
    if end != secondEnds {
      secondEnds = end
      acceptedThisSecond = 0
    }
    guard acceptedThisSecond < maximum, waiting.count < maximum else {
      dropped += 1
      if reportTime == nil { reportTime = end }
      return dropped == 1
    }
    acceptedThisSecond += 1
    waiting.append(event)
    return waiting.count == 1
  }

  /// Takes out what there is to log.
  mutating func take(at now: ContinuousClock.Instant) -> Batch {
    var batch = Batch(events: waiting)
    waiting = []
    guard let reportTime else { return batch }
    if now >= reportTime {
      batch.dropped = dropped
      dropped = 0
      self.reportTime = nil
      hasSaidReportTime = false
    } else if !hasSaidReportTime {
      batch.reportTime = reportTime
      hasSaidReportTime = true
    }
    return batch
  }
}
