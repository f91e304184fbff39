/// Whether a call is cancelled, and what its handler wants to happen then: made for the calls whose handlers ask.
final class RPCCancellation: Sendable {
  typealias Reason = ServerContext.RPCCancellationHandle.Reason

  private enum Waiter {
    case waiting(CheckedContinuation<Bool, Never>)
    /// Its task was cancelled before it began to wait.
    case cancelled
  }

  private struct State {
    var reason: Reason?
    var nextNumber: UInt64 = 0
    var handlers: [UInt64: @Sendable () -> Void] = [:]
    var waiters: [UInt64: Waiter] = [:]

    mutating func number() -> UInt64 {
      defer { nextNumber += 1 }
      return nextNumber
    }
  }

  private let state = Locked(State())

  /// Where the closures of handlers run; `nil` for Swift's pool.
  private let executor: (any TaskExecutor)?

  /// - Parameter executor: Where closures run when the call is cancelled: where its handler does.
  init(executor: (any TaskExecutor)? = nil) { self.executor = executor }

  /// Why the call is cancelled; `nil` while it is not.
  var reason: Reason? { state.withLock { $0.reason } }

  /// Cancels the call, once: the first reason counts.
  ///
  /// On any thread. The closures run as tasks, as the thread may poll, and hold locks.
  func cancel(for reason: Reason) {
    let (handlers, waiters) = state.withLock { state -> ([@Sendable () -> Void], [Waiter]) in
      guard state.reason == nil else { return ([], []) }
      state.reason = reason
      defer {
        state.handlers = [:]
        state.waiters = [:]
      }
      return (Array(state.handlers.values), Array(state.waiters.values))
    }
    for handler in handlers { Task(executorPreference: executor) { handler() } }
    for case .waiting(let continuation) in waiters { continuation.resume(returning: true) }
  }

  /// Has a closure called when the call is cancelled.
  ///
  /// - Returns: The number by which to remove it; `nil` if the call is cancelled already.
  func add(_ handler: @escaping @Sendable () -> Void) -> UInt64? {
    state.withLock { state in
      guard state.reason == nil else { return nil }
      let number = state.number()
      state.handlers[number] = handler
      return number
    }
  }

  func remove(_ number: UInt64) {
    // Dropped without the lock: with it goes what the program's closure holds.
    let handler = state.withLock { $0.handlers.removeValue(forKey: number) }
    _ = handler
  }

  /// Waits until the call is cancelled, or the task is.
  ///
  /// - Returns: Whether the call is.
  func wait() async -> Bool {
    let number = state.withLock { $0.number() }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // Resumed exactly once: by the thread that takes it out of the waiters, or below.
        let isCancelled = state.withLock { state -> Bool? in
          if state.reason != nil { return true }
          if case .cancelled? = state.waiters.removeValue(forKey: number) { return false }
          state.waiters[number] = .waiting(continuation)
          return nil
        }
        if let isCancelled { continuation.resume(returning: isCancelled) }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        guard state.reason == nil else { return nil }
        if let waiter = state.waiters.removeValue(forKey: number) { return waiter }
        state.waiters[number] = .cancelled
        return nil
      }
      if case .waiting(let continuation)? = waiter { continuation.resume(returning: false) }
    }
  }
}
