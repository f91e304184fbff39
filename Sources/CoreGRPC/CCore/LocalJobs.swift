import Glibc

/// The jobs that wait for one polling thread to be done with the event at hand.
///
/// Only that thread touches them.
final class LocalJobs {
  private let queue: OpaquePointer
  private var jobs: [(job: UnownedJob, executor: PollerExecutor)] = []

  private init(queue: OpaquePointer) { self.queue = queue }

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let failure = pthread_key_create(&key, nil)
    precondition(failure == 0, "no thread-specific data is left")
    return key
  }()

  /// Makes this thread one that polls `queue`, while `body` runs.
  static func withThread(polling queue: OpaquePointer, _ body: (LocalJobs) -> Void) {
    let jobs = LocalJobs(queue: queue)
    // Not retained: the pointer is taken out again before `jobs` goes.
    pthread_setspecific(key, Unmanaged.passUnretained(jobs).toOpaque())
    body(jobs)
    pthread_setspecific(key, nil)
    withExtendedLifetime(jobs) {}
  }

  /// The jobs of this thread, if it polls `queue`.
  static func ofThisThread(for queue: OpaquePointer) -> LocalJobs? {
    guard let pointer = pthread_getspecific(key) else { return nil }
    let jobs = Unmanaged<LocalJobs>.fromOpaque(pointer).takeUnretainedValue()
    return jobs.queue == queue ? jobs : nil
  }

  func append(_ job: UnownedJob, on executor: PollerExecutor) { jobs.append((job, executor)) }

  /// Runs all jobs, and those that come meanwhile.
  func run() {
    var next = 0
    while next < jobs.count {
      let (job, executor) = jobs[next]
      next += 1
      job.runSynchronously(on: executor.asUnownedTaskExecutor())
    }
    jobs.removeAll(keepingCapacity: true)
  }
}
