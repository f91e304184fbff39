import CConcurrency
import Synchronization

/// The hook of Swift's concurrency runtime through which tasks resume on the thread that resumes them, without a thread
/// of Swift's pool being woken.
///
/// The runtime has one such hook in a process, which it calls with each job that goes to Swift's pool.
/// `EnqueueHook.md`, beside this file, lists the assumptions and their checks.
package enum EnqueueHook {
  enum State {
    case installed
    /// By `COREGRPC_ENQUEUE_HOOK=0` in the environment.
    case switchedOff
    /// The runtime has no such hook, or one that this library does not know.
    case unsupported
  }

  /// The state of the hook in this process, determined on first use.
  static let state: State = install()

  /// Calls a function, and takes the jobs that it would put into Swift's pool.
  ///
  /// - Parameter take: Gets the jobs; each must then be run by ``run(_:)``, once.
  static func takingJobs(by take: @convention(c) (OpaquePointer?) -> Void, _ body: () -> Void) {
    let before = unsafe cconcurrency_take_jobs(take)
    body()
    _ = unsafe cconcurrency_take_jobs(before)
  }

  /// Whether the current thread takes jobs, for tests.
  package static var isOnPoller: Bool { Poller.current != nil }

  /// Returns a job as a value, from the pointer that the runtime passes.
  ///
  /// An `UnownedJob` is the runtime's pointer to a job, and nothing else.
  static func job(_ pointer: OpaquePointer?) -> UnownedJob {
    guard let pointer = unsafe pointer else { preconditionFailure("the runtime passed no job") }
    return unsafe unsafeBitCast(pointer, to: UnownedJob.self)
  }

  /// Runs a job that was taken, as a thread of Swift's pool would.
  static func run(_ job: UnownedJob) { unsafe job.runSynchronously(on: genericExecutor) }

  /// The executor of jobs that prefer none: two zeros, as `swift_executor_generic` in a toolchain's
  /// `swift/ExecutorImpl.h` makes it.
  private static let genericExecutor = unsafe unsafeBitCast((0, 0), to: UnownedSerialExecutor.self)

  private static func install() -> State {
    if EnvironmentSwitch.enqueueHook.isOff { return .switchedOff }
    guard _SwiftStdlibVersion.current.description.hasPrefix("6."), cconcurrency_install() else { return .unsupported }
    if isUnderstood() { return .installed }
    cconcurrency_uninstall()
    return .unsupported
  }

  /// The job that was taken last in ``isUnderstood()``, which runs once in a process.
  private static let takenJob = Locked<UnownedJob?>(nil)

  /// Checks whether the hook gets a job as this library expects it: makes a task, takes its job, and runs it here.
  private static func isUnderstood() -> Bool {
    let hasRun = Flag()
    var task: Task<Void, Never>?
    unsafe takingJobs(by: { job in EnqueueHook.takenJob.withLock { $0 = unsafe EnqueueHook.job(job) } }) {
      task = Task.detached { hasRun.value.store(true, ordering: .relaxed) }
    }
    guard let task, let job = takenJob.withLock({ $0.take() }) else { return false }
    // A task is its own job.
    guard unsafe unsafeBitCast(job, to: OpaquePointer.self) == unsafeBitCast(task, to: OpaquePointer.self) else {
      return false
    }
    run(job)
    return hasRun.value.load(ordering: .relaxed)
  }

  private final class Flag: Sendable {
    let value = Atomic(false)
  }
}
