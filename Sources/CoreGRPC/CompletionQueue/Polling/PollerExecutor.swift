import Synchronization

/// An executor that runs tasks on the threads that poll a completion queue.
///
/// A job from one of these threads runs there, when the event at hand is done: no other thread is woken. Any other job
/// goes through the queue. After its server has stopped, the queue is gone, and the rest of a task runs on the workers:
/// handlers that block then must not hold Swift's pool.
final class PollerExecutor: TaskExecutor, @unchecked Sendable {
  // Unchecked, because of the weak reference, which is written once, before any job comes.

  private weak var queue: CompletionQueue?

  /// The lane of the jobs that the polling threads cannot run, because no thread could take over from them.
  private let lane = Locked<HandlerLane?>(nil)

  /// Whether another thread is available to take over from a poller: only then may a poller run a program's code.
  let hasSpareThread = Atomic(false)

  /// Attaches the executor to the queue that is being made.
  ///
  /// Called once.
  func attach(to queue: CompletionQueue) {
    self.queue = queue
    lane.withLock { $0 = HandlerLane(pool: queue.workers) {} }
  }

  func enqueue(_ job: consuming ExecutorJob) { add(.preferred(UnownedJob(job), nil)) }

  /// Runs a job on a polling thread: on the current one, if it polls this queue.
  func add(_ job: Poller.Job) {
    if let thread = Poller.current, thread.executor === self { return thread.append(job) }
    post(job)
  }

  /// Runs a job on a thread that does not poll.
  func runBeside(_ job: Poller.Job) {
    guard let lane = lane.withLock({ $0 }) else { preconditionFailure("the executor has no lane") }
    lane.append(laneJob(job))
  }

  /// Returns a job in the form that a lane runs.
  func laneJob(_ job: Poller.Job) -> HandlerLane.Job {
    switch job {
    case .preferred(let job, let placement?): unsafe .task(job, on: placement.asUnownedTaskExecutor())
    case .preferred(let job, nil): unsafe .task(job, on: asUnownedTaskExecutor())
    default: .other(job)
    }
  }

  /// Runs a job on a thread that polls.
  func post(_ job: Poller.Job) {
    if let queue { queue.post(JobOperation(job)) } else { runWithoutPollers(job) }
  }

  /// Runs a job when no thread polls any more: a program's code on the workers.
  private func runWithoutPollers(_ job: Poller.Job) {
    switch job {
    case .preferred, .function, .starved:
      if let lane = job.placement?.lane { lane.append(laneJob(job)) } else { runBeside(job) }
    // Its task prefers no executor.
    case .unbound(let job): globalConcurrentExecutor.enqueue(ExecutorJob(job))
    case .completion(let operation, let succeeded): operation.complete(succeeded: succeeded)
    case .handOver(let work): runWithoutPollers(work)
    case .taken: break
    }
  }

  /// Runs a poller's work when no thread polls any more.
  ///
  /// The calls are over, and need not be watched.
  func runWithoutPollers(_ work: Poller.Work) {
    for job in work.jobs { runWithoutPollers(job) }
    work.sends.start()
  }
}

/// A job on its way through a completion queue.
private final class JobOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  private let job: Poller.Job

  init(_ job: Poller.Job) { self.job = job }

  override func complete(succeeded: Bool) {
    guard let thread = Poller.current else { preconditionFailure("the thread has no poller") }
    thread.append(job)
  }
}
