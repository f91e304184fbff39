import CGRPC
import Glibc
import Synchronization

/// What a thread that polls a completion queue has to do besides: the tasks that wait for it to be done with the event at hand,
/// the operations that were done at once or are held back, and the calls whose handlers it began.
///
/// Only the thread itself runs any of it. When it is stuck in a program's code, ``relieve(stuckSince:)`` takes the rest away from it.
final class PollerThread: @unchecked Sendable {
  // Unchecked, because of the queue's handle: the thread alone uses it, to fill and empty a cache of its own. C-core compares it
  // with the queue of an event, and looks into it only if there is one. The thread alone uses `starting` and `busyWait`, too.

  /// What an observer sees of a thread.
  struct Sight {
    /// Whether it runs a job, be it in a program's code or in C-core's.
    var isInJob: Bool
    /// Whether it is in a program's code, and not in C-core's.
    var isRunning: Bool
    /// Whether it has begun or ended to run tasks since the last look.
    var hasChanged: Bool
    /// Whether it is in the same code as at the last look, and holds others up.
    var isStuck: Bool
    /// A number that is another one each time it runs tasks.
    var change: UInt64
    /// The address of the task that it runs; zero if it runs none.
    var task: UInt
    /// For how many events it has run tasks since the last look.
    var eventCount: UInt64
  }

  /// What a thread had not come to.
  struct Work: Sendable {
    var jobs: [Job] = []
    var calls: [any BegunCall] = []
    var heldBack: [Operation] = []
  }

  /// Something to do when the event at hand is done.
  enum Job: Sendable {
    /// A part of a task that prefers the thread's executor.
    case preferred(UnownedJob)
    /// A part of a task that prefers no executor, and that Swift's pool would run.
    case unbound(UnownedJob)
    /// What follows an operation that was done as soon as it was started.
    case completion(Operation, succeeded: Bool)
    /// A function that may run a program's code, such as one that cancels a task.
    case function(@Sendable () -> Void)
    /// One job of a lane, for which no other thread can be had.
    case starved(HandlerLane)
    /// What has been taken out of the list.
    case taken
  }

  private struct State {
    var work = Work()
    var nextJob = 0
    var holdingBack = HoldingBack()
    var isRelieved = false

    /// Takes away what the thread has not come to.
    mutating func takeWork() -> Work {
      defer {
        work = Work()
        nextJob = 0
        holdingBack.letGo()
      }
      return Work(jobs: Array(work.jobs[nextJob...]), calls: work.calls, heldBack: work.heldBack)
    }
  }

  /// What gives this thread the tasks, or another one that polls the same queue.
  let executor: PollerExecutor

  private let queue: OpaquePointer
  private let state = Locked(State())

  /// What was held back and is being started, in an array that keeps its memory.
  private var starting: [Operation] = []

  /// Whether there may be work; written by the thread itself, and before it polls.
  private let hasWork = Atomic(false)

  /// How many jobs run before the queue has its turn.
  private static let jobLimit = 64

  /// How often the activity has changed, and the activity in the lowest bit.
  private let changes = Atomic<UInt64>(0)

  /// The address of the job that runs, which is that of its task; zero if it is no part of a task.
  private let currentJob = Atomic<UInt>(0)

  /// Whether a task has C-core do something, which takes most of the time of a quick handler.
  private let isInCore = Atomic(false)

  /// The thread's own.
  private var busyWait: BusyWait

  /// How long the thread has waited actively in all, in nanoseconds.
  private let busyWaitTime = Atomic<UInt64>(0)

  /// The thread's load, once it runs.
  private let load = Locked<ThreadLoad?>(nil)

  /// What was seen when the thread was last looked at; the observer's alone.
  private struct Memory {
    var changes: UInt64 = 0
    var totals = ThreadLoad.Totals()
    /// How long it had run when it was first seen to be in the code that it is in.
    var runTime: Duration?
  }

  private let memory = Locked(Memory())

  /// Signalled when the thread shall poll again.
  let wakeUp = Semaphore()

  init(queue: OpaquePointer, executor: PollerExecutor, busyPolling: Server.BusyPolling = .never) {
    self.queue = queue
    self.executor = executor
    self.busyWait = BusyWait(busyPolling.kind)
  }

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
    keepLoad()
    body()
    pthread_setspecific(Self.key, nil)
    load.withLock { $0 = nil }
  }

  /// Has the thread's load known, which it is not while the thread is relieved.
  func keepLoad() { load.withLock { load in if load == nil { load = ThreadLoad() } } }

  /// The current thread, if it polls a queue.
  static var current: PollerThread? {
    guard let pointer = pthread_getspecific(key) else { return nil }
    return Unmanaged<PollerThread>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Has C-core start something, on any thread.
  ///
  /// On a thread that polls, what is done at once does not go through the queue, from which the thread would take it next.
  ///
  /// - Parameters:
  ///   - operation: What is started.
  ///   - body: Starts it.
  /// - Returns: What `body` returned, and whether the operation succeeded, if it is done: then its ``Operation/complete(succeeded:)``
  ///   is not called any more.
  static func start<Result>(_ operation: Operation, _ body: () -> Result) -> (result: Result, succeeded: Bool?) {
    guard let current else { return (body(), nil) }
    current.isInCore.store(true, ordering: .relaxed)
    defer { current.isInCore.store(false, ordering: .relaxed) }
    grpc_completion_queue_thread_local_cache_init(current.queue)
    let result = body()
    var tag: UnsafeMutableRawPointer?
    var succeeded: Int32 = 0
    guard
      grpc_completion_queue_thread_local_cache_flush(current.queue, &tag, &succeeded) != 0,
      let done = tag.map(Operation.take)
    else { return (result, nil) }
    if done === operation { return (result, succeeded != 0) }
    current.append(.completion(done, succeeded: succeeded != 0))
    return (result, nil)
  }

  /// Calls a function that resumes tasks, which go on on this thread when the event at hand is done.
  ///
  /// Only those that would go on on Swift's pool: others have an executor, or an actor's.
  static func resumingHere(_ body: () -> Void) {
    guard current != nil, EnqueueHook.state == .installed else { return body() }
    EnqueueHook.takingJobs(
      by: { job in
        guard let thread = PollerThread.current else { preconditionFailure("a job is taken by a thread that polls") }
        thread.append(.unbound(EnqueueHook.job(job)))
      },
      body
    )
  }

  /// Has something done when the event at hand is done; by another thread, if this one is stuck.
  func append(_ job: Job) {
    let isRelieved = state.withLock { state in
      if state.isRelieved { return true }
      state.work.jobs.append(job)
      return false
    }
    guard !isRelieved else { return executor.post(job) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Runs a function that may run a program's code: on a polling thread when the event at hand is done, where another thread can
  /// relieve it; on any other thread immediately.
  static func afterEvent(_ body: @escaping @Sendable () -> Void) {
    if let current { current.append(.function(body)) } else { body() }
  }

  /// Holds an operation back until there are no more events, or for as long as ``HoldingBack`` says.
  ///
  /// - Returns: Whether it does; the operation is to be started otherwise.
  func hold(_ operation: Operation) -> Bool {
    let isHeld = state.withLock { state in
      guard !state.isRelieved, state.holdingBack.hold(now: Self.nanoseconds) else { return false }
      state.work.heldBack.append(operation)
      return true
    }
    if isHeld { hasWork.store(true, ordering: .relaxed) }
    return isHeld
  }

  private func startHeldBack() {
    state.withLock { state in
      state.holdingBack.letGo()
      swap(&state.work.heldBack, &starting)
    }
    CombinedStart.start(starting)
    // One by one, so that the array keeps its memory.
    while starting.popLast() != nil {}
  }

  /// A handler that runs on the current thread waits for its stream.
  static func expectStream() { current?.busyWait.expectStream() }

  /// Waits for an event for a while without sleeping, if that has paid lately.
  ///
  /// - Parameter poll: Asks for an event.
  /// - Returns: The event, or `nil` if there was none.
  func waitActively<Event>(_ poll: () -> Event?) -> Event? {
    guard busyWait.begin() else { return nil }
    let began = Self.nanoseconds
    var now = began
    var event: Event?
    repeat {
      event = poll()
      if event != nil { break }
      // Whoever has something to do goes first.
      sched_yield()
      now = Self.nanoseconds
    } while now - began < BusyWait.longestTime
    busyWaitTime.add(now - began, ordering: .relaxed)
    busyWait.end(hadEvent: event != nil)
    return event
  }

  private static var nanoseconds: UInt64 { MonotonicTime.nanoseconds }

  /// Has a call watched when the tasks at hand are done, if its handler is not finished by then.
  func append(_ call: any BegunCall) {
    state.withLock { $0.work.calls.append(call) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Runs the tasks, those that come meanwhile, starts what is held back if it is time, and has the calls watched that are not
  /// finished then.
  ///
  /// - Parameters:
  ///   - hadEvent: Whether there was an event, if the thread has asked for one without waiting for it.
  ///   - onBegin: Called when there is something to run, before that.
  /// - Returns: Whether the thread shall go on polling: not when it was relieved meanwhile.
  func finishEvent(hadEvent: Bool? = nil, onBegin: () -> Void) -> Bool {
    guard hasWork.load(ordering: .relaxed) else { return true }
    // In one order with what `onBegin` looks at: see `Pollers.observe()`.
    changes.add(1, ordering: .sequentiallyConsistent)
    onBegin()
    var jobCount = 0
    var hadEvent = hadEvent
    while true {
      switch nextStep(&hadEvent) {
      case .poll: return true
      case .start: startHeldBack()
      case .run(let job):
        run(job)
        jobCount += 1
        guard jobCount == Self.jobLimit else { break }
        startHeldBack()
        // Before the pause: a handler that yields again and again keeps the list of jobs from running dry.
        watchBegunCalls()
        if pause() { return true }
      case .finish(let isRelieved):
        watchBegunCalls()
        return !isRelieved
      }
    }
  }

  private func watchBegunCalls() {
    while let call = state.withLock({ $0.work.calls.popLast() }) { call.watch() }
  }

  private func run(_ job: Job) {
    // Only while another thread could take over does this one run a program's code.
    guard job.isForPoller || executor.hasSpareThread.load(ordering: .relaxed) else { return executor.runBeside(job) }
    switch job {
    case .preferred(let preferred):
      currentJob.store(job.address, ordering: .relaxed)
      preferred.runSynchronously(on: executor.asUnownedTaskExecutor())
    case .unbound, .completion, .function, .starved, .taken:
      currentJob.store(0, ordering: .relaxed)
      job.run()
    }
  }

  /// Leaves the rest for after the next event, so that jobs which bring about others do not keep the thread from polling.
  ///
  /// - Returns: Whether there is a next event: not when the thread was relieved.
  private func pause() -> Bool {
    state.withLock { state in
      guard !state.isRelieved else { return false }
      state.work.jobs.removeFirst(state.nextJob)
      state.nextJob = 0
      changes.add(1, ordering: .relaxed)
      hasWork.store(true, ordering: .relaxed)
      return true
    }
  }

  /// Whether the thread shall not wait for the next event.
  var isBusy: Bool { hasWork.load(ordering: .relaxed) }

  /// Gives away what is left, as the thread will poll no more.
  func leaveWork() {
    while isBusy {
      let work = state.withLock { state in
        hasWork.store(false, ordering: .relaxed)
        return state.takeWork()
      }
      for job in work.jobs { executor.post(job) }
      for operation in work.heldBack { operation.startHeldBack() }
      // That may be done at once, and be work again.
      for call in work.calls { call.watch() }
    }
  }

  private enum Step {
    case run(Job)
    /// All jobs are done, and what is held back is to be started.
    case start
    /// All jobs are done, and something is held back until there are no more events.
    case poll
    /// All jobs are done: the calls whose handlers are not finished are to be watched.
    case finish(isRelieved: Bool)
  }

  private func nextStep(_ hadEvent: inout Bool?) -> Step {
    state.withLock { state in
      if state.nextJob < state.work.jobs.count {
        defer { state.nextJob += 1 }
        // Moved out: with the last reference goes what a program's `deinit` may belong to, and not under this lock.
        var job = Job.taken
        swap(&job, &state.work.jobs[state.nextJob])
        return .run(job)
      }
      // One by one, so that the arrays keep their memory.
      while state.work.jobs.popLast() != nil {}
      state.nextJob = 0
      if !state.work.heldBack.isEmpty {
        if !state.isRelieved, state.holdingBack.waits(hadEvent: hadEvent.take(), now: Self.nanoseconds) {
          changes.add(1, ordering: .relaxed)
          return .poll
        }
        return .start
      }
      defer { state.isRelieved = false }
      hasWork.store(false, ordering: .relaxed)
      changes.add(1, ordering: .relaxed)
      return .finish(isRelieved: state.isRelieved)
    }
  }

  // MARK: From other threads

  /// Looks at what the thread is doing: for one observer.
  func look() -> Sight {
    let change = changes.load(ordering: .sequentiallyConsistent)
    let isInJob = change & 1 == 1
    let isRunning = isInJob && !isInCore.load(ordering: .relaxed)
    return memory.withLock { memory in
      let last = memory.changes
      memory.changes = change
      if change != last { memory.runTime = nil }
      return Sight(
        isInJob: isInJob,
        isRunning: isRunning,
        hasChanged: change != last,
        isStuck: isRunning && change == last && isStuck(&memory),
        change: change,
        task: currentJob.load(ordering: .relaxed),
        eventCount: (change - last) / 2
      )
    }
  }

  /// Whether a thread that is in the same code as before holds others up: it sleeps, or has run for a while.
  ///
  /// One that waits for a processor does not: another one would wait, too.
  private func isStuck(_ memory: inout Memory) -> Bool {
    load.withLock { load in
      guard let load, let isAsleep = load.isAsleep, let runTime = load.runTime else { return true }
      guard let before = memory.runTime else {
        memory.runTime = runTime
        return isAsleep
      }
      return isAsleep || runTime - before > .microseconds(900)
    }
  }

  /// What the system has counted of the thread since this was last asked: for one observer.
  func use() -> ThreadLoad.Totals {
    var totals = load.withLock { $0?.totals } ?? ThreadLoad.Totals()
    // A thread that has ended counts for nothing.
    let hasEnded = totals == ThreadLoad.Totals()
    // A thread that waits has time left.
    if !hasEnded { totals.busyTime -= .nanoseconds(busyWaitTime.load(ordering: .relaxed)) }
    return memory.withLock { [totals] memory in
      defer { memory.totals = totals }
      return hasEnded ? totals : totals - memory.totals
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
      // It is not looked at until it polls again, and a thread that is blocked keeps no descriptor.
      load.withLock { $0 = nil }
      state.holdingBack.codeTookLong()
      return state.takeWork()
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

extension PollerThread.Job {
  /// Whether a polling thread runs it in any case: the code of this library and of C-core, and what no other thread can run.
  var isForPoller: Bool {
    switch self {
    case .completion, .starved: true
    case .preferred, .unbound, .function, .taken: false
    }
  }

  /// The address of the task that it is a part of; zero if it is none.
  ///
  /// An `UnownedJob` is the runtime's pointer to a job, and nothing else; a task is its own job.
  var address: UInt {
    switch self {
    case .preferred(let job), .unbound(let job): UInt(bitPattern: unsafeBitCast(job, to: OpaquePointer.self))
    case .completion, .function, .starved, .taken: 0
    }
  }

  /// Runs it on the current thread; a part of a task that prefers an executor is run by that one.
  func run() {
    switch self {
    case .preferred: preconditionFailure("a task that prefers an executor needs it to run")
    case .unbound(let job): EnqueueHook.run(job)
    case .completion(let operation, let succeeded): operation.complete(succeeded: succeeded)
    case .function(let body): body()
    case .starved(let lane): lane.runOne()
    case .taken: break
    }
  }
}
