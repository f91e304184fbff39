import Synchronization

/// The place where the handlers of one method run, or the code for its cancelled calls: the polling threads, or a lane.
///
/// A method begins on the polling threads, which takes the fewest wake-ups. It leaves them when one of its handlers is
/// found to hold a thread, and returns when its handlers have been short for some time.
final class HandlerPlacement: Sendable {
  private let isOffPollers = Atomic(false)
  private let ownLane = Locked<HandlerLane?>(nil)

  /// The lane where the handlers run; `nil` while they run on the polling threads.
  var lane: HandlerLane? {
    guard isOffPollers.load(ordering: .relaxed) else { return nil }
    return ownLane.withLock { $0 }
  }

  /// Makes the handlers run beside the polling threads from now on.
  ///
  /// - Parameters:
  ///   - workers: The threads beside the polling threads.
  ///   - placements: The placements of the server, which count it.
  /// - Returns: The lane of the handlers.
  @discardableResult
  fileprivate func leavePollers(for workers: WorkerPool, countedBy placements: HandlerPlacements) -> HandlerLane {
    let lane = ownLane.withLock { ownLane in
      let lane =
        ownLane
        ?? HandlerLane(pool: workers) { [weak self, placements] in
          if self?.isOffPollers.exchange(false, ordering: .relaxed) == true {
            placements.offPollersCount.subtract(1, ordering: .relaxed)
          }
        }
      ownLane = lane
      return lane
    }
    if !isOffPollers.exchange(true, ordering: .relaxed) {
      placements.offPollersCount.add(1, ordering: .relaxed)
      lane.restart()
    }
    return lane
  }
}

/// The record of the tasks that belong to the methods of a server.
final class HandlerPlacements: Sendable {
  /// The placements by the tasks' addresses, as long as the tasks run.
  private let placements = ContendedLock<[UInt: HandlerPlacement]>([:])

  /// The number of placements that are off the polling threads.
  fileprivate let offPollersCount = Atomic(0)

  /// Makes the jobs of a placement run beside the polling threads from now on.
  ///
  /// - Returns: The lane of the jobs.
  @discardableResult
  func leavePollers(_ placement: HandlerPlacement, for workers: WorkerPool) -> HandlerLane {
    placement.leavePollers(for: workers, countedBy: self)
  }

  /// Returns the lane of a job that belongs to a method off the polling threads; `nil` for any other job.
  func lane(of job: Poller.Job) -> HandlerLane? {
    guard offPollersCount.load(ordering: .relaxed) > 0 else { return nil }
    return (job.placement ?? placement(of: job.address))?.lane
  }

  /// Notes that a task begins to run jobs of a placement.
  func began(_ task: UInt, _ placement: HandlerPlacement) { placements.withLock { $0[task] = placement } }

  /// Notes that a task is about to end.
  func ended(_ task: UInt) { placements.withLock { $0[task] = nil } }

  /// Returns the placement of a task; `nil` if it belongs to no method.
  func placement(of task: UInt) -> HandlerPlacement? { placements.withLock { $0[task] } }
}
