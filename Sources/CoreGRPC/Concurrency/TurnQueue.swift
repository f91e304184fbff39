/// Lets one task at a time do something, in the order in which they came.
final class TurnQueue: Sendable {
  private struct State {
    var isTaken = false
    var waiters: [CheckedContinuation<Void, Never>] = []

    mutating func beginAtOnce() -> Bool {
      defer { isTaken = true }
      return !isTaken
    }
  }

  private let state = Locked(State())

  /// Takes the turn if nobody has it.
  ///
  /// Balance it with one ``end()``, if so.
  func beginAtOnce() -> Bool { state.withLock { $0.beginAtOnce() } }

  /// Waits for the turn, whether the task is cancelled or not.
  ///
  /// Balance it with one ``end()``.
  func begin() async {
    if beginAtOnce() { return }
    await withCheckedContinuation { continuation in
      let isOurs = state.withLock { state in
        if state.beginAtOnce() { return true }
        state.waiters.append(continuation)
        return false
      }
      if isOurs { continuation.resume() }
    }
  }

  /// Gives the turn to whoever waits longest.
  func end() {
    let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
      guard !state.waiters.isEmpty else {
        state.isTaken = false
        return nil
      }
      return state.waiters.removeFirst()
    }
    next?.resume()
  }
}
