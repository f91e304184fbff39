import Synchronization

/// Runs tasks on the threads that poll a completion queue.
///
/// A job that comes from one of these threads runs there, when the event at hand is done: no other thread is woken. Any other
/// job goes through the queue. When the queue is gone, which it is once its server has stopped, what is left of a task runs
/// on Swift's pool.
final class PollerExecutor: TaskExecutor, @unchecked Sendable {
  // Unchecked, because of the weak reference, which is written once, before any job comes.

  private weak var queue: CompletionQueue?

  /// Runs the jobs that the polling threads cannot run, as no thread could take over from them.
  private let lane = Locked<HandlerLane?>(nil)

  /// Whether another thread is at hand to take over from one that polls: only then may a poller run a program's code.
  let hasSpareThread = Atomic(true)

  /// Called once, by the queue that is being made.
  func attach(to queue: CompletionQueue) {
    self.queue = queue
    lane.withLock { $0 = HandlerLane(pool: queue.workers) {} }
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = PollerThread.Job.preferred(UnownedJob(job))
    if let thread = PollerThread.current, thread.executor === self { return thread.append(job) }
    post(job)
  }

  /// Has a thread that does not poll run a job.
  func runBeside(_ job: PollerThread.Job) {
    guard let lane = lane.withLock({ $0 }) else { preconditionFailure("a queue that polls has been attached") }
    lane.append(laneJob(job))
  }

  /// A job as a lane runs it.
  func laneJob(_ job: PollerThread.Job) -> HandlerLane.Job {
    if case .preferred(let job) = job { .task(job, on: asUnownedTaskExecutor()) } else { .other(job) }
  }

  /// Has a thread that polls do something.
  func post(_ job: PollerThread.Job) {
    if let queue { queue.post(JobOperation(job)) } else { job.runElsewhere() }
  }
}

/// A job on its way through a completion queue.
private final class JobOperation: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  private let job: PollerThread.Job

  init(_ job: PollerThread.Job) { self.job = job }

  override func complete(succeeded: Bool) {
    guard let thread = PollerThread.current else { preconditionFailure("a tag is delivered to a thread that polls") }
    thread.append(job)
  }
}

extension PollerThread.Job {
  /// Does what there is to do when nobody polls any more.
  func runElsewhere() {
    switch self {
    case .preferred(let job), .unbound(let job): globalConcurrentExecutor.enqueue(ExecutorJob(job))
    case .completion(let operation, let succeeded): operation.complete(succeeded: succeeded)
    // The caller is the observer, which must not wait for a program's code.
    case .function(let body): Task.detached { body() }
    case .starved(let lane): Task.detached { lane.runOne() }
    case .taken: break
    }
  }
}
