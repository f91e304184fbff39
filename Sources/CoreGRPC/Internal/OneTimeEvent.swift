/// An event that happens once, and that any number of waiters can observe.
final class OneTimeEvent: Sendable {
  private struct State {
    var hasHappened = false
    var waiters: [ObjectIdentifier: Promise<Void>] = [:]
  }

  private let state = Locked(State())

  /// Whether the event has happened.
  var hasHappened: Bool { state.withLock { $0.hasHappened } }

  /// Makes the event happen: fulfils the waiters, and those that are added later.
  func happen() {
    let waiters = state.withLock { state in
      state.hasHappened = true
      defer { state.waiters = [:] }
      return Array(state.waiters.values)
    }
    for waiter in waiters { waiter.fulfil(()) }
  }

  /// Fulfils a waiter when the event happens, or immediately if it has happened.
  ///
  /// Balance it with ``remove(_:)``.
  func add(_ waiter: Promise<Void>) {
    let hasHappened = state.withLock { state in
      if !state.hasHappened { state.waiters[ObjectIdentifier(waiter)] = waiter }
      return state.hasHappened
    }
    if hasHappened { waiter.fulfil(()) }
  }

  /// Forgets a waiter.
  func remove(_ waiter: Promise<Void>) {
    state.withLock { state in _ = state.waiters.removeValue(forKey: ObjectIdentifier(waiter)) }
  }
}
