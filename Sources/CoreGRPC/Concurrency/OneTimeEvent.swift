/// An event that happens once, and of which any number of waiters are told as long as they want to be.
final class OneTimeEvent: Sendable {
  private struct State {
    var hasHappened = false
    var waiters: [ObjectIdentifier: OneShot<Void>] = [:]
  }

  private let state = Locked(State())

  /// Whether the event has happened.
  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  /// The event happens: fulfils the waiters, and those to come.
  func happen() {
    let waiters = state.withLock { state in
      state.hasHappened = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.fulfil(()) }
  }

  /// Has a waiter fulfilled when the event happens, or immediately if it has happened.
  ///
  /// Balance it with ``remove(_:)``.
  func add(_ waiter: OneShot<Void>) {
    let hasHappened = state.withLock { state in
      if !state.hasHappened { state.waiters[ObjectIdentifier(waiter)] = waiter }
      return state.hasHappened
    }
    if hasHappened { waiter.fulfil(()) }
  }

  /// Forgets a waiter.
  func remove(_ waiter: OneShot<Void>) {
    state.withLock { state in _ = state.waiters.removeValue(forKey: ObjectIdentifier(waiter)) }
  }
}
