/// A task that has run a handler of a method, and may serve another call of it.
///
/// To make a task for each call takes longer than to run many a handler.
@usableFromInline
struct HandlerTask: Sendable {
  let task: Task<Void, Never>
  /// Where it runs, if not on the server's own executor.
  let lane: HandlerLane?
  let slot: HandlerSlot
  let route: Route
  let core: ServerCore

  /// Waits for another call, whether the task is cancelled or not.
  ///
  /// - Returns: `nil` when the task is to end.
  @inlinable
  nonisolated(nonsending) func nextCall() async -> ServerCall? {
    // Resumed exactly once: whoever takes an idle task out of the server's list resumes it.
    await withUnsafeContinuation { wait($0) }
  }

  @usableFromInline
  func wait(_ continuation: UnsafeContinuation<ServerCall?, Never>) {
    core.handlerEnded(IdleHandlerTask(task: task, lane: lane, slot: slot, continuation: continuation), of: route)
  }
}

/// A task that waits for a call.
struct IdleHandlerTask: Sendable {
  let task: Task<Void, Never>
  let lane: HandlerLane?
  let slot: HandlerSlot
  let continuation: UnsafeContinuation<ServerCall?, Never>
}
