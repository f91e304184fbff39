/// The cancellation of one call, with the closures and the tasks of its handler that wait for it.
///
/// Made only for the calls whose handlers ask for it.
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

  /// The function that starts a task for a closure of a handler.
  private let startTask: @Sendable (@escaping @Sendable () -> Void) -> Void

  /// - Parameter startTask: Starts a task that calls a closure of a handler when the call is cancelled; on Swift's pool
  ///   by default.
  init(startTask: @escaping @Sendable (@escaping @Sendable () -> Void) -> Void = { body in Task { body() } }) {
    self.startTask = startTask
  }

  /// The reason for which the call is cancelled; `nil` while it is not.
  var reason: Reason? { state.withLock { $0.reason } }

  /// Cancels the call.
  ///
  /// Only the first reason counts. Callable on any thread. The closures run in tasks, because the calling thread may
  /// poll, and hold locks.
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
    for handler in handlers { startTask(handler) }
    for case .waiting(let continuation) in waiters { continuation.resume(returning: true) }
  }

  /// Adds a closure to call when the call is cancelled.
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
    // Released without the lock, because this may release objects that the program's closure captures.
    let handler = state.withLock { $0.handlers.removeValue(forKey: number) }
    _ = handler
  }

  /// Waits until the call or the current task is cancelled.
  ///
  /// - Returns: Whether the call is cancelled.
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
