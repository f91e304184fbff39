import Synchronization

/// Where the handlers of one method run: on the threads that poll, or in a lane beside them.
///
/// A method begins on the polling threads, which takes the fewest wake-ups. It leaves them when one of its handlers is found to hold
/// a thread, and returns when its handlers have been short for some time.
final class HandlerPlacement: Sendable {
  private let isOffPollers = Atomic(false)
  private let ownLane = Locked<HandlerLane?>(nil)

  /// The lane where the handlers run; `nil` while they run on the polling threads.
  var lane: HandlerLane? {
    guard isOffPollers.load(ordering: .relaxed) else { return nil }
    return ownLane.withLock { $0 }
  }

  /// Has the handlers run beside the polling threads from now on.
  ///
  /// - Returns: Where.
  @discardableResult
  func leavePollers(for workers: WorkerPool) -> HandlerLane {
    let lane = ownLane.withLock { ownLane in
      let lane =
        ownLane
        ?? HandlerLane(pool: workers) { [weak self] in self?.isOffPollers.store(false, ordering: .relaxed) }
      ownLane = lane
      return lane
    }
    if !isOffPollers.exchange(true, ordering: .relaxed) { lane.restart() }
    return lane
  }
}

/// Which tasks run the handlers of which methods.
final class HandlerPlacements: Sendable {
  /// By the tasks' addresses, as long as the tasks run.
  private let routes = Locked<[UInt: Route]>([:])

  /// A task begins to serve calls of a method.
  func began(_ task: UInt, _ route: Route) { routes.withLock { $0[task] = route } }

  /// The task is about to end.
  func ended(_ task: UInt) { routes.withLock { $0[task] = nil } }

  /// Takes the method off the polling threads whose handler a task runs, if it runs one.
  func leavePollers(methodOf task: UInt, for workers: WorkerPool) {
    routes.withLock { $0[task] }?.placement.leavePollers(for: workers)
  }

  /// The lane of the method whose handler a task runs; `nil` if that runs on the polling threads, or for any other task.
  func lane(of task: UInt) -> HandlerLane? { routes.withLock { $0[task] }?.placement.lane }
}
