/// A value that comes once, and for which any number of tasks can wait.
package final class Promise<Value: Sendable>: Sendable {
  private enum State {
    case pending([CheckedContinuation<Value, Never>])
    case fulfilled(Value)
  }

  private let state = Locked(State.pending([]))

  /// Creates a promise without a value.
  package init() {}

  /// The value, if it has come.
  package var current: Value? {
    state.withLock { state in
      if case .fulfilled(let value) = state { value } else { nil }
    }
  }

  /// Gives the value to all tasks that wait, now or later.
  ///
  /// Only the first value counts.
  package func fulfil(_ value: Value) {
    let waiters = state.withLock { state -> [CheckedContinuation<Value, Never>] in
      guard case .pending(let waiters) = state else { return [] }
      state = .fulfilled(value)
      return waiters
    }
    for waiter in waiters { waiter.resume(returning: value) }
  }

  /// Waits for the value, whether the task is cancelled or not.
  package func value() async -> Value {
    if let current { return current }
    return await withCheckedContinuation { continuation in
      let value = state.withLock { state -> Value? in
        switch state {
        case .pending(let waiters):
          state = .pending(waiters + [continuation])
          return nil
        case .fulfilled(let value):
          return value
        }
      }
      if let value { continuation.resume(returning: value) }
    }
  }
}
