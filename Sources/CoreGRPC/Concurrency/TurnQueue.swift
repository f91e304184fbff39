/// Lets one task at a time do something, in the order in which they came.
final class TurnQueue: Sendable {
  private enum State {
    case free
    case taken([CheckedContinuation<Void, Never>])
  }

  private let state = Locked(State.free)

  /// Takes the turn if nobody has it.
  ///
  /// Balance it with one ``end()``, if so.
  func beginAtOnce() -> Bool {
    state.withLock { state -> Bool in
      guard case .free = state else { return false }
      state = .taken([])
      return true
    }
  }

  /// Waits for the turn, whether the task is cancelled or not.
  ///
  /// Balance it with one ``end()``.
  func begin() async {
    if beginAtOnce() { return }
    await withCheckedContinuation { continuation in
      let isOurs = state.withLock { state -> Bool in
        guard case .taken(let waiters) = state else {
          state = .taken([])
          return true
        }
        state = .taken(waiters + [continuation])
        return false
      }
      if isOurs { continuation.resume() }
    }
  }

  /// Gives the turn to whoever waits longest.
  func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard case .taken(let waiters) = state, let first = waiters.first else {
        state = .free
        return nil
      }
      state = .taken(Array(waiters.dropFirst()))
      return first
    }
    next?.resume()
  }
}
