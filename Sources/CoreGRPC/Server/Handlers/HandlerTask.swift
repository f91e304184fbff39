/// A task that runs the handlers of a method's calls, one after the other.
///
/// To make a task for each call takes longer than to run many a handler. One object has all that belongs to the task,
/// so that a call and the list of waiting tasks pass a single reference on.
@usableFromInline
@safe final class HandlerTask: @unchecked Sendable {
  // Unchecked, because of the variables. `continuation` is written when the task begins to wait, before another thread
  // can find it in the list of those that wait, and by the thread that takes it out. `task` is written once, under a
  // lock of the call that is served first; it is read under the same lock, or after the task has taken that lock when
  // its handler ended.

  let route: Route
  private let core: ServerCore
  private let slot: HandlerSlot

  /// The task; `nil` until the function that makes it has stored it.
  private var task: Task<Void, Never>?
  private var continuation: UnsafeContinuation<ServerCall?, Never>?

  /// - Parameter call: The call that is served first.
  init(serving call: ServerCall, of route: Route, core: ServerCore) {
    self.route = route
    self.core = core
    self.slot = HandlerSlot(serving: call)
  }

  /// Makes the task, once.
  ///
  /// - Parameter executor: The executor of the task; `nil` for Swift's pool.
  /// - Returns: The task, for ``isMade(_:)``: an executor of the program may run it before that, even to the end of the
  ///   handler.
  func make(for call: ServerCall, on executor: (any TaskExecutor)?) -> Task<Void, Never> {
    Task(executorPreference: executor) { [slot, core, route] in
      await slot.run { await core.runHandlerTask { await route.serve(call) } }
    }
  }

  /// Stores the task that has been made: with the lock of the call that is served first, whose handler has not ended.
  func isMade(_ task: Task<Void, Never>) { self.task = task }

  /// Cancels the task, which has been made.
  func cancel() { task?.cancel() }

  /// Ends the wait for another call.
  ///
  /// - Parameter call: The call that is served next; `nil` to end the task.
  func resume(serving call: ServerCall?) {
    guard let continuation = unsafe continuation.take() else {
      preconditionFailure("the task is not waiting for a call")
    }
    unsafe continuation.resume(returning: call)
  }

  /// Notes, in the task, that the handler has ended.
  func endServing() { slot.serve(nil) }

  /// Waits for another call, whether the task is cancelled or not.
  ///
  /// - Returns: The call; `nil` when the task is to end.
  @inlinable
  nonisolated(nonsending) func nextCall() async -> ServerCall? {
    // Resumed exactly once: the thread that takes a task out of the server's list resumes it.
    let call = unsafe await withUnsafeContinuation { unsafe wait($0) }
    begin(call)
    return call
  }

  /// Notes, in the task, the call that it serves next.
  @usableFromInline
  func begin(_ call: ServerCall?) { slot.serve(call) }

  @usableFromInline
  func wait(_ continuation: UnsafeContinuation<ServerCall?, Never>) {
    unsafe self.continuation = continuation
    core.handlerEnded(self)
  }
}
