/// A reporter of refused calls to the program's closure or, without one, to the log.
final class RefusalReporter: Sendable {
  /// The largest number of calls that wait while the program's closure runs.
  static let largestQueue = 256

  private struct LogEntry {
    var end: ContinuousClock.Instant
    var skipped = 0
  }

  private struct State {
    var waiting: [RefusedCall] = []
    var dropped = 0
    /// Whether a task calls the closure, or is about to.
    var isRunning = false
    var log: [RefusedCall.Reason: LogEntry] = [:]
  }

  private let hook: (@Sendable (RefusedCall) -> Void)?
  private let state = Locked(State())

  /// - Parameter hook: The program's closure; `nil` for the log.
  init(_ hook: (@Sendable (RefusedCall) -> Void)?) { self.hook = hook }

  /// Reports a refused call, on any thread.
  ///
  /// Neither blocks nor runs the program's closure.
  ///
  /// - Parameters:
  ///   - executor: The executor of the closure; `nil` for Swift's pool.
  ///   - makeCall: Describes the call; not called for a call that is not reported.
  func report(executor: (any TaskExecutor)?, reason: RefusedCall.Reason, _ makeCall: () -> RefusedCall) {
    guard let hook else { return log(reason, makeCall) }
    let isFull = state.withLock { state in
      guard state.waiting.count >= Self.largestQueue else { return false }
      state.dropped += 1
      return true
    }
    if isFull { return }
    let call = makeCall()
    let begins = state.withLock { state in
      var call = call
      call.droppedBefore = state.dropped
      state.dropped = 0
      state.waiting.append(call)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    guard begins else { return }
    Task(executorPreference: executor) { [self] in
      for call in AnyIterator({ self.next() }) { hook(call) }
    }
  }

  private func next() -> RefusedCall? {
    state.withLock { state in
      guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
      state.isRunning = false
      return nil
    }
  }

  /// Logs a call, unless another one was refused for the same reason within the last second.
  private func log(_ reason: RefusedCall.Reason, _ makeCall: () -> RefusedCall) {
    let skipped = state.withLock { state -> Int? in
      let now = ContinuousClock.now
      let entry = state.log[reason]
      if let entry, now < entry.end {
        state.log[reason]?.skipped += 1
        return nil
      }
      state.log[reason] = LogEntry(end: now + .seconds(1))
      return entry?.skipped ?? 0
    }
    guard let skipped else { return }
    let level = reason.isServersProblem ? CoreGRPCLog.Level.error : .info
    CoreGRPCLog.report(level) {
      let call = makeCall()
      // The client chooses the path: the log gets at most 200 characters of it, without control characters.
      let path = call.path.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
        .joined()
      let others = skipped > 0 ? "; \(skipped) others since the last report" : ""
      return CoreGRPCLog.Event(
        level: level,
        message: "refused a call of \(path) from \(call.remotePeer): \(reason) (\(call.status.code))\(others)"
      )
    }
  }
}
