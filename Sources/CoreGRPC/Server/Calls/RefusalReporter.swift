/// A reporter of refused calls to the program's closure or, without one, to the log.
final class RefusalReporter: Sendable {
  /// The largest number of calls that wait while the program's closure runs.
  static let largestQueue = 256

  private struct State {
    var waiting: [RefusedCall] = []
    var dropped = 0
    /// Whether a task calls the closure, or is about to.
    var isRunning = false
    var log: [RefusedCall.Reason: LogLimit] = [:]
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

  /// Logs a call, unless many were refused for the same reason.
  private func log(_ reason: RefusedCall.Reason, _ makeCall: () -> RefusedCall) {
    guard let skipped = state.withLock({ $0.log[reason, default: LogLimit()].admit() }) else { return }
    func message() -> String {
      let call = makeCall()
      // The client chooses the path: the log gets at most 200 characters of it, without control characters.
      let path = call.path.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
        .joined()
      let others = LogLimit.note(skipped: skipped)
      return "refused a call of \(path) from \(call.remotePeer): \(reason) (\(call.status.code))\(others)"
    }
    // Reaching a limit concerns the whole server, and is said without a handler, too.
    guard !reason.isLimit else { return CoreGRPCLog.reportOfServer(.error, message()) }
    CoreGRPCLog.report(.info) { CoreGRPCLog.Event(level: .info, message: message()) }
  }
}
