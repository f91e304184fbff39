import CoreGRPC
import TestSupport

/// An executor whose threads are all busy: it runs no job until it is released.
final class HeldExecutor: TaskExecutor {
  /// Opened when a job is there.
  let hasJob = Gate()

  private let held = Locked<[UnownedJob]?>([])

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isHeld = held.withLock { held in
      held?.append(job)
      return held != nil
    }
    hasJob.open()
    if !isHeld { run(job) }
  }

  /// Runs the jobs, those that have come and those that come.
  func release() {
    let jobs = held.withLock { held in
      defer { held = nil }
      return held ?? []
    }
    for job in jobs { run(job) }
  }

  private func run(_ job: UnownedJob) {
    Task { unsafe job.runSynchronously(on: self.asUnownedTaskExecutor()) }
  }
}
