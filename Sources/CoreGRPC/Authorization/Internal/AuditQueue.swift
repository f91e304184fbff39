/// The events that wait for audit loggers, and the thread that calls these.
///
/// The loggers are the program's, and may block: so neither a polling thread nor Swift's pool calls them.
final class AuditQueue: Sendable {
  typealias Loggers = [AuthorizationPolicyProvider.AuditLogger]

  /// The largest number of events that wait while a logger runs.
  static let largestCount = 4096

  private struct State {
    var waiting: [@Sendable () -> Void] = []
    /// The number of events that were dropped since one was taken.
    var dropped = 0
    /// The number of events that were dropped since the last report.
    var unreported = 0
    var reports = LogLimit()
    var hasThread = false
    /// Whether the thread waits for a signal.
    var isIdle = false
  }

  /// The time for which the thread waits for another event.
  private let idleTime: Duration
  private let state = Locked(State())
  private let wakeUp = Semaphore()
  private let report: @Sendable (_ dropped: Int) -> Void

  /// - Parameters:
  ///   - idleTime: The time for which the thread waits for another event.
  ///   - report: Gets the number of dropped events: immediately, as often as ``LogLimit`` allows, and when no event
  ///     waits any more. Runs on the threads that poll, too: it must not block.
  init(
    idleTime: Duration = .seconds(10),
    report: @escaping @Sendable (_ dropped: Int) -> Void = { count in
      CoreGRPCLog.reportOfServer(.error, "\(count) audit events were dropped: the audit loggers are too slow")
    }
  ) {
    self.idleTime = idleTime
    self.report = report
  }

  /// Hands an event to loggers, on any thread, without waiting for them.
  func add(_ event: AuthorizationAuditEvent, for loggers: Loggers) {
    var dropped = 0
    // If the system has no thread now, the next event tries again.
    _ = change { state in
      if state.waiting.count < Self.largestCount {
        let event = event.following(state.dropped)
        state.dropped = 0
        state.waiting.append { for logger in loggers { logger(event) } }
      } else {
        state.dropped += 1
        state.unreported += 1
        // Not only when the loggers are done: one that blocks for ever never is.
        guard state.reports.admit() != nil else { return }
        dropped = state.unreported
        state.unreported = 0
      }
    }
    if dropped > 0 { report(dropped) }
  }

  /// Calls a closure when the loggers have had the events that wait, on the queue's thread.
  ///
  /// If the system has no thread now, the next event tries again.
  func flush(_ body: @escaping @Sendable () -> Void) { _ = change { $0.waiting.append(body) } }

  /// Changes the state, and has the thread look at it.
  ///
  /// - Returns: Whether there is a thread.
  private func change(_ body: (inout State) -> Void) -> Bool {
    let (needsThread, needsSignal) = state.withLock { state in
      defer {
        state.hasThread = true
        state.isIdle = false
      }
      body(&state)
      return (!state.hasThread, state.isIdle)
    }
    if needsSignal { wakeUp.signal() }
    guard needsThread, !Thread.spawn(name: "grpc-audit", { [self] in run() }) else { return true }
    state.withLock { $0.hasThread = false }
    return false
  }

  private func run() {
    while true {
      let (events, dropped) = state.withLock { state in
        defer {
          state.waiting = []
          if state.isIdle { state.unreported = 0 }
        }
        state.isIdle = state.waiting.isEmpty
        return (state.waiting, state.isIdle ? state.unreported : 0)
      }
      if dropped > 0 { report(dropped) }
      for event in events { event() }
      guard events.isEmpty else { continue }
      wakeUp.wait(atMost: idleTime)
      let ends = state.withLock { state in
        // An event that comes with the end of the wait finds the thread.
        guard state.isIdle else { return false }
        state.isIdle = false
        state.hasThread = false
        return true
      }
      if ends { return }
    }
  }
}

extension AuthorizationAuditEvent {
  /// Returns the event with the number of those that were dropped before it.
  fileprivate func following(_ dropped: Int) -> Self {
    var event = self
    event.droppedBefore = dropped
    return event
  }
}
