/// A queue that gives one task at a time the turn, in the order in which they came.
final class TurnQueue: Sendable {
  private struct State {
    var isTaken = false
    var waiters: [(number: UInt64, continuation: CheckedContinuation<Bool, Never>)] = []
    var nextNumber: UInt64 = 0

    mutating func beginAtOnce() -> Bool {
      defer { isTaken = true }
      return !isTaken
    }

    mutating func takeNumber() -> UInt64 {
      defer { nextNumber += 1 }
      return nextNumber
    }
  }

  private let state = Locked(State())

  /// Takes the turn if no task has it.
  ///
  /// Balance it with one ``end()``, if so.
  func beginAtOnce() -> Bool { state.withLock { $0.beginAtOnce() } }

  /// Waits for the turn.
  ///
  /// Balance it with one ``end()``, if it was taken.
  ///
  /// - Returns: Whether it was taken; `false` if the task was cancelled while it waited.
  func begin() async -> Bool {
    let number = state.withLock { $0.takeNumber() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isTaken = state.withLock { state -> Bool? in
          if state.beginAtOnce() { return true }
          // A cancellation of the task from now on finds it among those that wait.
          if Task.isCancelled { return false }
          state.waiters.append((number, continuation))
          return nil
        }
        if let isTaken { continuation.resume(returning: isTaken) }
      }
    } onCancel: {
      let waiter = state.withLock { state in
        state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
      }
      waiter?.continuation.resume(returning: false)
    }
  }

  /// Gives the turn to the task that has waited longest.
  func end() {
    let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
      guard !state.waiters.isEmpty else {
        state.isTaken = false
        return nil
      }
      return state.waiters.removeFirst().continuation
    }
    next?.resume(returning: true)
  }
}
