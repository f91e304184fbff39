/// An event that happens once, and that any number of tasks can wait for.
final class StoppedSignal: Sendable {
  private enum State {
    case pending([CheckedContinuation<Void, Never>])
    case fired
  }

  private let state = Locked(State.pending([]))

  /// Resumes everyone who waits.
  ///
  /// Once only.
  func fire() {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard case .pending(let waiters) = state else { return [] }
      state = .fired
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Returns when the event has happened.
  func wait() async {
    await withCheckedContinuation { continuation in
      let isFired = state.withLock { state -> Bool in
        guard case .pending(let waiters) = state else { return true }
        state = .pending(waiters + [continuation])
        return false
      }
      if isFired { continuation.resume() }
    }
  }
}
