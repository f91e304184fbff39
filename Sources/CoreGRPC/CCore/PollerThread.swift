import Glibc
import Synchronization

/// What a thread that polls a completion queue has to do besides: the tasks that wait for it to be done with the event at hand,
/// and the calls whose handlers it began.
///
/// Only the thread itself runs any of it. When it is stuck in a program's code, ``relieve(stuckSince:)`` takes the rest away from it.
final class PollerThread: Sendable {
  /// What an observer sees of a thread.
  struct Sight {
    /// Whether it is in a program's code, and not in C-core's.
    var isRunning: Bool
    /// Whether it has begun or ended to run tasks since the last look.
    var hasChanged: Bool
    /// A number that is another one each time it runs tasks.
    var change: UInt64
    /// For how many events it has run tasks since the last look.
    var eventCount: UInt64
  }

  /// Tasks and calls that a thread had not come to.
  struct Work: Sendable {
    var jobs: [UnownedJob] = []
    var calls: [any BegunCall] = []
  }

  private struct State {
    var work = Work()
    var nextJob = 0
    var isRelieved = false
  }

  /// What gives this thread the tasks, or another one that polls the same queue.
  let executor: PollerExecutor

  private let state = Locked(State())

  /// Whether there may be work; written by the thread itself, and before it polls.
  private let hasWork = Atomic(false)

  /// How often the activity has changed, and the activity in the lowest bit.
  private let changes = Atomic<UInt64>(0)

  /// Whether a task has C-core do something, which takes most of the time of a quick handler.
  private let isInCore = Atomic(false)

  /// The thread's load, once it runs.
  private let load = Locked<ThreadLoad?>(nil)

  /// ``changes`` and the load's time when they were last looked at; the observer's alone.
  private let lastSeenChanges = Atomic<UInt64>(0)
  private let lastSeenTime = Locked(Duration.zero)

  /// Signalled when the thread shall poll again.
  let wakeUp = Semaphore()

  init(executor: PollerExecutor) { self.executor = executor }

  // MARK: From the thread itself

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let failure = pthread_key_create(&key, nil)
    precondition(failure == 0, "no thread-specific data is left")
    return key
  }()

  /// Makes the current thread this one, while `body` runs.
  func asCurrent(_ body: () -> Void) {
    // Not retained: the pointer is taken out again before `body` returns, to a caller that holds this object.
    pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    load.withLock { $0 = ThreadLoad() }
    body()
    pthread_setspecific(Self.key, nil)
    load.withLock { $0 = nil }
  }

  /// The current thread, if it polls a queue.
  static var current: PollerThread? {
    guard let pointer = pthread_getspecific(key) else { return nil }
    return Unmanaged<PollerThread>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Calls a function that has C-core do something, on any thread.
  static func inCore<Result>(_ body: () -> Result) -> Result {
    guard let current else { return body() }
    current.isInCore.store(true, ordering: .relaxed)
    defer { current.isInCore.store(false, ordering: .relaxed) }
    return body()
  }

  /// Has a task run when the event at hand is done.
  func append(_ job: UnownedJob) {
    state.withLock { $0.work.jobs.append(job) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Has a call watched when the tasks at hand are done, if its handler is not finished by then.
  func append(_ call: any BegunCall) {
    state.withLock { $0.work.calls.append(call) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Runs the tasks, those that come meanwhile, and has the calls watched that are not finished then.
  ///
  /// - Parameter onBegin: Called when there is something to run, before that.
  /// - Returns: Whether the thread shall go on polling: not when it was relieved meanwhile.
  func finishEvent(onBegin: () -> Void) -> Bool {
    guard hasWork.load(ordering: .relaxed) else { return true }
    hasWork.store(false, ordering: .relaxed)
    // In one order with what `onBegin` looks at: see `Pollers.observe()`.
    changes.add(1, ordering: .sequentiallyConsistent)
    onBegin()
    while true {
      switch nextStep() {
      case .run(let job):
        job.runSynchronously(on: executor.asUnownedTaskExecutor())
      case .finish(let isRelieved, var call):
        while let begun = call {
          begun.watch()
          call = state.withLock { $0.work.calls.popLast() }
        }
        return !isRelieved
      }
    }
  }

  private enum Step {
    case run(UnownedJob)
    /// All jobs are done: calls are to be watched, and this is the first of them.
    case finish(isRelieved: Bool, call: (any BegunCall)?)
  }

  private func nextStep() -> Step {
    state.withLock { state in
      if state.nextJob < state.work.jobs.count {
        defer { state.nextJob += 1 }
        return .run(state.work.jobs[state.nextJob])
      }
      // One by one, so that the arrays keep their memory.
      while state.work.jobs.popLast() != nil {}
      state.nextJob = 0
      defer { state.isRelieved = false }
      changes.add(1, ordering: .relaxed)
      return .finish(isRelieved: state.isRelieved, call: state.work.calls.popLast())
    }
  }

  // MARK: From other threads

  /// Looks at what the thread is doing: for one observer.
  func look() -> Sight {
    let change = changes.load(ordering: .sequentiallyConsistent)
    let last = lastSeenChanges.exchange(change, ordering: .relaxed)
    let isRunning = change & 1 == 1 && !isInCore.load(ordering: .relaxed)
    return Sight(
      isRunning: isRunning,
      hasChanged: change != last,
      change: change,
      eventCount: (change - last) / 2
    )
  }

  /// How long the thread has had something to do since this was last asked: for one observer.
  func busyTime() -> Duration {
    let time = load.withLock { $0?.time } ?? .zero
    return lastSeenTime.withLock { last in
      defer { last = time }
      return max(.zero, time - last)
    }
  }

  /// Takes away what the thread has not come to; it does not poll again until ``wakeUp`` is signalled.
  ///
  /// - Parameter change: The activity's number when it was found to take too long.
  /// - Returns: The work, or `nil` if the thread does something else by now.
  func relieve(stuckSince change: UInt64) -> Work? {
    state.withLock { state in
      guard changes.load(ordering: .relaxed) == change, !state.isRelieved else { return nil }
      state.isRelieved = true
      let work = Work(jobs: Array(state.work.jobs[state.nextJob...]), calls: state.work.calls)
      state.work = Work()
      state.nextJob = 0
      return work
    }
  }

  /// Gives the thread, which waits for ``wakeUp`` or has not started, another one's work.
  func inherit(_ work: Work) {
    state.withLock { $0.work = work }
    hasWork.store(true, ordering: .relaxed)
  }
}

/// A call whose handler has begun.
protocol BegunCall: AnyObject, Sendable {
  /// Sees to it that a handler which is not finished yet learns when the client goes.
  func watch()
}
