import Synchronization

/// A queue of the jobs of one method, which worker threads run, because they hold a polling thread for too long.
///
/// The handlers block or compute. The lane decides how many of its jobs run at a time: as many as there are processors,
/// and more as long as its threads are found asleep. So handlers that block run beside each other, up to the bound of
/// the ``WorkerPool``, and handlers that compute do not take the processors from the threads that poll.
final class HandlerLane: Sendable {
  /// A job of a lane.
  @safe enum Job: Sendable {
    // Safe, because the thread that takes a job out of the list runs it, once, and the job's task keeps its executor
    // until it has ended.

    /// A part of a task, with the executor that the task has been put into.
    case task(UnownedJob, on: UnownedTaskExecutor)
    /// A job that a polling thread cannot run now.
    case other(Poller.Job)
  }

  private struct State {
    var jobs: [Job?] = []
    var nextJob = 0
    /// The number of threads that are in a job of the lane, or on their way to one.
    var runningCount = 0
    /// The largest number of such threads.
    var allowance: Int
    /// The threads that are in a job, for the observer to look at; each knows its place.
    var workers: [Worker] = []
    var probation = HandlerProbation()

    var waitingCount: Int { jobs.count - nextJob }

    mutating func insert(_ worker: Worker) {
      unsafe worker.laneIndex = workers.count
      workers.append(worker)
    }

    /// Removes a worker, and moves the last one into its place: a search among hundreds would keep the lock for long.
    mutating func remove(_ worker: Worker) {
      let last = workers.removeLast()
      guard last !== worker else { return }
      unsafe workers[worker.laneIndex] = last
      unsafe last.laneIndex = worker.laneIndex
    }

    /// Some of the workers, from all of the list: those at its end have just been woken.
    var sample: [Worker] {
      let size = min(workers.count, WorkerPool.sampleSize)
      return (0..<size).map { workers[$0 * workers.count / size] }
    }

    mutating func takeJob() -> Job? {
      guard nextJob < jobs.count else { return nil }
      defer {
        nextJob += 1
        if nextJob == jobs.count {
          jobs.removeAll(keepingCapacity: true)
          nextJob = 0
        }
      }
      // Moved out: the objects that it holds must not be released under the lock.
      return jobs[nextJob].take()
    }
  }

  private let pool: WorkerPool
  private let state: ContendedLock<State>
  private let onShortJobs: @Sendable () -> Void

  /// - Parameters:
  ///   - pool: The threads.
  ///   - onShortJobs: Called when the jobs have been short for some time, so that the method can return to the polling
  ///     threads.
  init(pool: WorkerPool, onShortJobs: @escaping @Sendable () -> Void) {
    self.pool = pool
    self.onShortJobs = onShortJobs
    self.state = ContendedLock(State(allowance: pool.processorCount))
  }

  /// The number of jobs that no thread has begun.
  var waitingCount: Int { state.withLock { $0.waitingCount } }

  /// Runs a job when it is its turn.
  func append(_ job: Job) {
    let starts = state.withLock { state in
      state.jobs.append(job)
      return begin(&state, count: 1)
    }
    if starts == 0 { return pool.requestLook(at: self) }
    pool.start(self, count: starts)
  }

  /// Counts threads that are to be started for waiting jobs.
  private func begin(_ state: inout State, count: Int) -> Int {
    // One job may still wait for a thread that has been started and has not come to it.
    let idle = max(0, min(count, state.allowance - state.runningCount))
    state.runningCount += idle
    return idle
  }

  /// Takes back the count of threads that could not be started.
  func giveUp(count: Int) { state.withLock { $0.runningCount -= count } }

  /// Runs jobs on the current thread until there are none, or other threads are to run them.
  func run(on worker: Worker) {
    guard var job = state.withLock({ state in take(&state, worker, isFirst: true) }) else { return }
    while true {
      let clock = JobClock()
      run(job)
      let (end, length) = clock.stop(longJob: HandlerProbation.longJob)
      let (next, isShort) = state.withLock { state in
        (take(&state, worker, isFirst: false), state.probation.jobEnded(at: end, after: length))
      }
      if isShort { onShortJobs() }
      guard let next else { return }
      job = next
    }
  }

  private func run(_ job: Job) {
    switch job {
    case .task(let job, let executor): unsafe job.runSynchronously(on: executor)
    case .other(let job): job.run()
    }
  }

  /// Whether jobs wait and no thread is on its way to them, because none is available.
  var isStarved: Bool { state.withLock { $0.waitingCount > 0 && $0.runningCount == 0 } }

  /// Runs one job on the current thread, if one waits.
  func runOne() { if let job = state.withLock({ $0.takeJob() }) { run(job) } }

  private func take(_ state: inout State, _ worker: Worker, isFirst: Bool) -> Job? {
    if state.runningCount <= state.allowance, let job = state.takeJob() {
      if isFirst { state.insert(worker) }
      return job
    }
    if !isFirst { state.remove(worker) }
    state.runningCount -= 1
    return nil
  }

  /// Begins the probation when the method has been taken off the polling threads, for the first time or again.
  func restart() { state.withLock { $0.probation.restart(at: MonotonicTime.nanoseconds) } }

  // MARK: From the observer

  /// Whether jobs wait because the lane has all the threads that it may have.
  var isAtLimit: Bool {
    let (waits, count) = state.withLock { ($0.waitingCount > 0, $0.runningCount) }
    return waits && count >= pool.limit(ofLaneWith: count)
  }

  /// Allows more jobs at a time if the threads of the lane sleep, and fewer if too many want a processor.
  ///
  /// - Returns: Whether jobs wait.
  func look() -> Bool {
    let (waitingCount, count, sample) = state.withLock { ($0.waitingCount, $0.runningCount, $0.sample) }
    guard waitingCount > 0 else { return false }
    let limit = pool.limit(ofLaneWith: count)
    let runnable = sample.count { $0.thread.isRunnable }
    let starts = state.withLock { state in
      let runnableCount = sample.isEmpty ? 0 : (state.runningCount * runnable + sample.count - 1) / sample.count
      let missing = pool.processorCount - runnableCount
      if missing > 0 {
        // Half as many more: after some looks there are enough for handlers that block, and not too many for the
        // others.
        let wanted = state.runningCount + max(missing, state.runningCount / 2)
        state.allowance = min(max(state.allowance, wanted), limit)
      } else if runnable > 1, runnableCount > 2 * pool.processorCount {
        // One thread alone, of a sample, may just have been woken, or be about to block.
        state.allowance = max(pool.processorCount, min(state.allowance, state.runningCount) - 1)
      }
      return begin(&state, count: state.waitingCount)
    }
    if starts > 0 { pool.start(self, count: starts) }
    return true
  }
}

/// The rule that decides when the jobs of a lane have been short for long enough to run on the polling threads again.
///
/// All times are in nanoseconds.
struct HandlerProbation: Sendable, Hashable {
  /// A job of this length or longer does not belong on a polling thread.
  static let longJob: UInt64 = 1_000_000

  /// The number of jobs in a row that must be short, and the bounds of the time for which they must be.
  static let leastCount = 256
  static let shortestTime: UInt64 = 1_000_000_000, longestTime: UInt64 = 64_000_000_000

  private var shortJobCount = 0
  private var lastLongJob: UInt64 = 0
  private(set) var time = HandlerProbation.shortestTime

  /// Begins the probation, for the first time or again.
  mutating func restart(at now: UInt64) {
    // A method that returns to the lane soon stays longer.
    let isSoon = lastLongJob != 0 && now < lastLongJob + 2 * Self.longestTime
    time = isSoon ? min(2 * time, Self.longestTime) : Self.shortestTime
    lastLongJob = max(lastLongJob, now)
    shortJobCount = 0
  }

  /// Notes the length of a job.
  ///
  /// - Parameter end: The time at which it ended: threads come here in another order than their jobs end.
  /// - Returns: Whether the jobs have been short for long enough.
  mutating func jobEnded(at end: UInt64, after length: UInt64) -> Bool {
    guard length < Self.longJob else {
      lastLongJob = max(lastLongJob, end)
      shortJobCount = 0
      return false
    }
    shortJobCount += 1
    guard shortJobCount >= Self.leastCount, end >= lastLongJob + time else { return false }
    shortJobCount = 0
    return true
  }
}
