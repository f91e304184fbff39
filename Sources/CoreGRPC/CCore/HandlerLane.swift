import Synchronization

/// Runs the handlers of one method on worker threads, because they block or compute for longer than a polling thread can spare.
///
/// The lane decides how many of its jobs run at a time: as many as there are processors, and more as long as its threads are found
/// asleep. So handlers that block run beside each other, up to the bound of the ``WorkerPool``, and handlers that compute do not
/// take the processors from the threads that poll.
final class HandlerLane: TaskExecutor {
  /// A job of this length or longer does not belong on a polling thread, in nanoseconds.
  private static let longJob: UInt64 = 1_000_000

  /// How many jobs in a row must be short, and for how long, before the lane ends.
  private static let probationCount = 256
  private static let shortestProbation: UInt64 = 1_000_000_000, longestProbation: UInt64 = 64_000_000_000

  /// Something to run.
  enum Job: Sendable {
    /// A part of a task, with the executor that the task has been put into.
    case task(UnownedJob, on: UnownedTaskExecutor)
    /// What a polling thread cannot run now.
    case other(PollerThread.Job)
  }

  private struct State {
    var jobs: [Job?] = []
    var nextJob = 0
    /// How many threads are in a job of the lane, or on their way to one.
    var runningCount = 0
    /// How many threads may be.
    var allowance: Int
    /// The threads that are in a job, to be looked at.
    var workers: [Worker] = []
    var shortJobCount = 0
    var lastLongJob: UInt64 = 0
    var probation = HandlerLane.shortestProbation

    var waitingCount: Int { jobs.count - nextJob }

    mutating func takeJob() -> Job? {
      guard nextJob < jobs.count else { return nil }
      defer {
        nextJob += 1
        if nextJob == jobs.count {
          jobs.removeAll(keepingCapacity: true)
          nextJob = 0
        }
      }
      // Moved out: what it holds does not go under the lock.
      return jobs[nextJob].take()
    }
  }

  private let pool: WorkerPool
  private let state: Locked<State>
  private let onShortJobs: @Sendable () -> Void

  /// - Parameters:
  ///   - pool: The threads.
  ///   - onShortJobs: Called when the jobs have been short for some time: the method can return to the polling threads.
  init(pool: WorkerPool, onShortJobs: @escaping @Sendable () -> Void) {
    self.pool = pool
    self.onShortJobs = onShortJobs
    self.state = Locked(State(allowance: pool.processorCount))
  }

  func enqueue(_ job: consuming ExecutorJob) { append(.task(UnownedJob(job), on: asUnownedTaskExecutor())) }

  /// Runs a job when it is its turn.
  func append(_ job: Job) {
    let starts = state.withLock { state in
      state.jobs.append(job)
      return begin(&state, count: 1)
    }
    if starts == 0 { return pool.requestLook(at: self) }
    pool.start(self, count: starts)
  }

  /// Counts threads that are to be started for jobs that wait.
  private func begin(_ state: inout State, count: Int) -> Int {
    // One job may still wait for a thread that has been started and not come to it.
    let idle = max(0, min(count, state.allowance - state.runningCount))
    state.runningCount += idle
    return idle
  }

  /// Threads that were counted could not be had.
  func giveUp(count: Int) { state.withLock { $0.runningCount -= count } }

  /// Runs jobs on the current thread until there are none, or others are to run them.
  func run(on worker: Worker) {
    guard var job = state.withLock({ state in take(&state, worker, isFirst: true) }) else { return }
    while true {
      let began = MonotonicTime.nanoseconds
      run(job)
      let length = MonotonicTime.nanoseconds - began
      let (next, isShort) = state.withLock { state in
        (take(&state, worker, isFirst: false), count(length, endingAt: began + length, &state))
      }
      if isShort { onShortJobs() }
      guard let next else { return }
      job = next
    }
  }

  private func run(_ job: Job) {
    switch job {
    case .task(let job, let executor): job.runSynchronously(on: executor)
    case .other(let job): job.run()
    }
  }

  /// Whether jobs wait and no thread is on its way to them, as none can be had.
  var isStarved: Bool { state.withLock { $0.waitingCount > 0 && $0.runningCount == 0 } }

  /// Runs one job on the current thread, if one waits.
  func runOne() { if let job = state.withLock({ $0.takeJob() }) { run(job) } }

  private func take(_ state: inout State, _ worker: Worker, isFirst: Bool) -> Job? {
    if state.runningCount <= state.allowance, let job = state.takeJob() {
      if isFirst { state.workers.append(worker) }
      return job
    }
    if !isFirst { state.workers.removeAll { $0 === worker } }
    state.runningCount -= 1
    return nil
  }

  /// Notes how long a job took.
  ///
  /// - Returns: Whether the jobs have been short for long enough.
  private func count(_ length: UInt64, endingAt end: UInt64, _ state: inout State) -> Bool {
    guard length < Self.longJob else {
      state.lastLongJob = end
      state.shortJobCount = 0
      return false
    }
    state.shortJobCount += 1
    guard state.shortJobCount >= Self.probationCount, end - state.lastLongJob >= state.probation else { return false }
    state.shortJobCount = 0
    return true
  }

  /// The method has been taken off the polling threads, for the first time or again.
  func restart() {
    state.withLock { state in
      let now = MonotonicTime.nanoseconds
      // What comes back soon stays longer.
      let isSoon = state.lastLongJob != 0 && now - state.lastLongJob < 2 * Self.longestProbation
      state.probation = isSoon ? min(2 * state.probation, Self.longestProbation) : Self.shortestProbation
      state.lastLongJob = now
      state.shortJobCount = 0
    }
  }

  // MARK: From the observer

  /// Whether jobs wait because the lane has all the threads that it may have.
  var isAtLimit: Bool { state.withLock { $0.waitingCount > 0 && $0.runningCount >= pool.laneLimit } }

  /// Lets more jobs run at a time if the threads of the lane sleep, and fewer if too many want a processor.
  ///
  /// - Returns: Whether jobs wait.
  func look() -> Bool {
    let (waitingCount, sample) = state.withLock { ($0.waitingCount, Array($0.workers.suffix(WorkerPool.sampleSize))) }
    guard waitingCount > 0 else { return false }
    let runnable = sample.count { $0.isRunnable }
    let starts = state.withLock { state in
      let runnableCount = sample.isEmpty ? 0 : (state.runningCount * runnable + sample.count - 1) / sample.count
      let missing = pool.processorCount - runnableCount
      if missing > 0 {
        // Half as many more: in some looks there are enough for handlers that block, and not too many for those that do not.
        let wanted = state.runningCount + max(missing, state.runningCount / 2)
        state.allowance = min(max(state.allowance, wanted), pool.laneLimit)
      } else if runnableCount > 2 * pool.processorCount {
        state.allowance = max(pool.processorCount, min(state.allowance, state.runningCount) - 1)
      }
      return begin(&state, count: state.waitingCount)
    }
    if starts > 0 { pool.start(self, count: starts) }
    return true
  }
}
