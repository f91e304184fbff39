import CoreGRPC

/// The events that wait for a logger, as a value: bounded in number and in rate, with a count of the dropped ones.
struct LogQueue: Sendable {
  /// The events and the count to log.
  struct Batch: Sendable {
    var events: [CoreGRPCLog.Event]
    /// The number of events that were dropped in a second that is over.
    var dropped = 0
    /// The time to ask for the number of events that are being dropped now; set once for each report.
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

  /// - Parameter maximum: The number of events that are accepted in a second, and the number that may wait.
  init(maximum: Int) { self.maximum = maximum }

  /// Takes an event, or counts it as dropped.
  ///
  /// - Returns: Whether to wake the task that logs, because there is new work.
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

  /// Takes out the events and the count to log.
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
