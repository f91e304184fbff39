import Synchronization

/// The executor of one method's handlers, or of the code for its cancelled calls: the polling threads, or a lane.
///
/// A method begins on the polling threads, which takes the fewest wake-ups. It leaves them when one of its jobs is
/// found to hold a thread, and returns when its jobs have been short for some time. The child tasks of a handler
/// inherit the executor, and so belong to the method, too.
///
/// The jobs of an essential method, which are this package's own and short, never leave the polling threads: there they
/// run whatever the handlers of other methods do.
final class HandlerPlacement: TaskExecutor {
  private let pollers: PollerExecutor
  private let workers: WorkerPool
  /// Whether the jobs are known to be short.
  let staysOnPollers: Bool
  private let isOffPollers = Atomic(false)
  private let ownLane = Locked<HandlerLane?>(nil)

  /// - Parameters:
  ///   - pollers: The polling threads.
  ///   - workers: The threads beside them.
  ///   - staysOnPollers: Whether the jobs are known to be short.
  init(pollers: PollerExecutor, workers: WorkerPool, staysOnPollers: Bool = false) {
    self.pollers = pollers
    self.workers = workers
    self.staysOnPollers = staysOnPollers
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

  /// The number of jobs that wait for a thread beside the polling threads.
  var waitingCount: Int { ownLane.withLock { $0 }?.waitingCount ?? 0 }

  /// Makes the jobs run beside the polling threads if no other thread could take over from these.
  func leavePollersWithoutReserve() { if !pollers.hasSpareThread.load(ordering: .relaxed) { leavePollers() } }

  /// Makes the jobs run beside the polling threads from now on, unless they stay.
  func leavePollers() {
    if staysOnPollers { return }
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

  init(pollers: PollerExecutor, workers: WorkerPool, staysOnPollers: Bool = false) {
    handlers = HandlerPlacement(pollers: pollers, workers: workers, staysOnPollers: staysOnPollers)
    cancellations = HandlerPlacement(pollers: pollers, workers: workers, staysOnPollers: staysOnPollers)
  }
}
