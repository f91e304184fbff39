/// The events that wait for audit loggers, and the thread that calls these.
///
/// The loggers are the program's, and may block: so neither a polling thread nor Swift's pool calls them.
final class AuditQueue: Sendable {
  typealias Loggers = [AuthorizationPolicyProvider.AuditLogger]

  /// The largest number of events that wait while a logger runs.
  static let largestCount = 4096

  private struct State {
    var waiting: [(event: AuthorizationAuditEvent, loggers: Loggers)] = []
    var dropped = 0
    var hasThread = false
    /// Whether the thread waits for a signal.
    var isIdle = false
  }

  /// The time for which the thread waits for another event.
  private let idleTime: Duration
  private let state = Locked(State())
  private let wakeUp = Semaphore()

  init(idleTime: Duration = .seconds(10)) { self.idleTime = idleTime }

  /// Hands an event to loggers, on any thread, without waiting for them.
  func add(_ event: AuthorizationAuditEvent, for loggers: Loggers) {
    let (needsThread, needsSignal) = state.withLock { state in
      defer {
        state.hasThread = true
        state.isIdle = false
      }
      if state.waiting.count < Self.largestCount {
        var event = event
        event.droppedBefore = state.dropped
        state.dropped = 0
        state.waiting.append((event, loggers))
      } else {
        state.dropped += 1
      }
      return (!state.hasThread, state.isIdle)
    }
    if needsSignal { wakeUp.signal() }
    // If the system has no thread now, the next event tries again.
    if needsThread, !Thread.spawn(name: "grpc-audit", { [self] in run() }) { state.withLock { $0.hasThread = false } }
  }

  private func run() {
    while true {
      let events = state.withLock { state in
        defer { state.waiting = [] }
        state.isIdle = state.waiting.isEmpty
        return state.waiting
      }
      for (event, loggers) in events {
        for logger in loggers { logger(event) }
      }
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
