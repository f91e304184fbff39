import Synchronization

/// The executor of one method's handlers, or of the code for its cancelled calls: the polling threads, or a lane.
///
/// A method begins on the polling threads, which takes the fewest wake-ups. It leaves them when one of its jobs is
/// found to hold a thread, and returns when its jobs have been short for some time. The child tasks of a handler
/// inherit the executor, and so belong to the method, too.
final class HandlerPlacement: TaskExecutor {
  private let pollers: PollerExecutor
  private let workers: WorkerPool
  private let isOffPollers = Atomic(false)
  private let ownLane = Locked<HandlerLane?>(nil)

  /// - Parameters:
  ///   - pollers: The polling threads.
  ///   - workers: The threads beside them.
  init(pollers: PollerExecutor, workers: WorkerPool) {
    self.pollers = pollers
    self.workers = workers
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    if let lane {
      unsafe lane.append(.task(job, on: asUnownedTaskExecutor()))
    } else {
      pollers.add(.preferred(job, self))
    }
  }

  /// The lane where the jobs run; `nil` while they run on the polling threads.
  var lane: HandlerLane? {
    guard isOffPollers.load(ordering: .relaxed) else { return nil }
    return ownLane.withLock { $0 }
  }

  /// Makes the jobs run beside the polling threads from now on.
  func leavePollers() {
    let lane = ownLane.withLock { ownLane in
      let lane =
        ownLane
        ?? HandlerLane(pool: workers) { [weak self] in
          self?.isOffPollers.store(false, ordering: .relaxed)
        }
      ownLane = lane
      return lane
    }
    if !isOffPollers.exchange(true, ordering: .relaxed) { lane.restart() }
  }
}

/// The placements of a method.
struct MethodPlacement: Sendable {
  let handlers: HandlerPlacement

  /// That of the program's code for cancelled calls.
  let cancellations: HandlerPlacement

  init(pollers: PollerExecutor, workers: WorkerPool) {
    handlers = HandlerPlacement(pollers: pollers, workers: workers)
    cancellations = HandlerPlacement(pollers: pollers, workers: workers)
  }
}
