import CoreGRPC

/// An event that tests wait for: opened once, passed by everyone afterwards.
public final class Gate: Sendable {
  private enum State {
    case closed([CheckedContinuation<Void, Never>])
    case open
  }

  private let state = Locked(State.closed([]))

  /// Creates a closed gate.
  public init() {}

  /// Lets everyone pass from now on.
  public func open() {
    let waiters = state.withLock { state -> [CheckedContinuation<Void, Never>] in
      guard case .closed(let waiters) = state else { return [] }
      state = .open
      return waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Waits for the gate to open, whether the task is cancelled or not.
  public func pass() async {
    await withCheckedContinuation { continuation in
      let isOpen = state.withLock { state -> Bool in
        guard case .closed(let waiters) = state else { return true }
        state = .closed(waiters + [continuation])
        return false
      }
      if isOpen { continuation.resume() }
    }
  }
}

/// Waits until the task is cancelled.
public func waitForCancellation() async {
  let gate = Gate()
  await withTaskCancellationHandler {
    await gate.pass()
  } onCancel: {
    gate.open()
  }
}
