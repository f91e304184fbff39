import CGRPC
import Glibc
import Synchronization

/// The work of one poller apart from polling: jobs for the end of the event, operations that finished immediately,
/// deferred sends, and the calls whose handlers it began.
///
/// Only the thread itself runs this work. When it is stuck in a program's code, ``relieve(stuckSince:)`` takes the rest
/// away from it.
@safe final class Poller: @unchecked Sendable {
  // Unchecked, because of the queue's handle: the thread alone uses it, to fill and empty a cache of its own. C-core
  // compares it with the queue of an event, and looks into it only if there is one. The thread alone uses `started` and
  // `busyWait`, too.

  /// An observer's view of a thread.
  struct Observation {
    /// Whether the thread completes an operation or runs a job, in a program's code or in C-core's.
    var isInJob: Bool
    /// Whether the thread is in a program's code, and not in C-core's.
    var isRunning: Bool
    /// Whether the thread has begun or ended an event since the last look.
    var hasChanged: Bool
    /// Whether the thread is in the same code as at the last look, and holds others up.
    var isStuck: Bool
    /// A number that changes each time the thread begins or ends an event.
    var change: UInt64
    /// The number of events since the last look.
    var eventCount: UInt64
    /// The state of the thread's capture by C-core, which a peer can bring about.
    var capture: Capture
  }

  /// The states of a thread that C-core may keep for long, while it works for one connection.
  enum Capture: Sendable, Hashable {
    case none
    /// The thread has run inside C-core since the last look, for too short a time to tell.
    case possible
    case captured
  }

  /// The work that a thread has not done yet.
  struct Work: Sendable {
    var jobs: [Job] = []
    var calls: [any BegunCall] = []
    var sends = SendDeferral.Rest()
  }

  /// A job that runs when the event at hand is done.
  enum Job: Sendable {
    /// A part of a task that prefers the thread's executor, or a placement that has the thread run it.
    case preferred(UnownedJob, HandlerPlacement?)
    /// A part of a task that prefers no executor, and that Swift's pool would run.
    case unbound(UnownedJob)
    /// The completion of an operation that was done as soon as it was started.
    case completion(Operation, succeeded: Bool)
    /// A function that may run a program's code, such as one that cancels a task, and its placement.
    case function(@Sendable () -> Void, HandlerPlacement?)
    /// One job of a lane, for which no other thread is available; whether it may hold the last thread that polls.
    case starved(HandlerLane, mayHoldLast: Bool)
    /// The work that a thread has not done, because C-core keeps it.
    case handOver(Work)
    /// A job that has been taken out of the list.
    case taken
  }

  private struct State {
    var jobs: [Job] = []
    var nextJob = 0
    var calls: [any BegunCall] = []
    var deferral = SendDeferral()
    var isRelieved = false
    /// The placement of the job that runs; `nil` if it has none, or none runs.
    var placement: HandlerPlacement?

    var hasWork: Bool { !jobs.isEmpty || !calls.isEmpty || !deferral.isIdle }

    /// Takes the work that the thread has not done yet.
    ///
    /// - Parameter sends: The deferred sends, taken before.
    mutating func takeWork(sends: SendDeferral.Rest) -> Work {
      defer {
        jobs = []
        nextJob = 0
        calls = []
      }
      return Work(jobs: Array(jobs[nextJob...]), calls: calls, sends: sends)
    }
  }

  /// The executor that gives tasks to this thread, or to another one that polls the same queue.
  let executor: PollerExecutor

  private let queue: OpaquePointer
  private let state = Locked(State())

  /// The sends that a flush has started, in an array that keeps its memory.
  private var started: [any DeferrableSend] = []

  /// Whether there may be work; written by the thread itself, and before it polls.
  private let hasWork = Atomic(false)

  /// The number of jobs that run before the queue has its turn, and the number while each turn finds an event.
  ///
  /// Where handlers yield again and again, the list of jobs never runs dry. The end of 1,000 such calls is as many
  /// events: with 64 jobs before each of them a shutdown was 101 ms late, and with 8 it was 57.
  private static let jobLimit = 64, jobLimitBetweenEvents = 8

  /// The number of times that the thread has begun or ended an event; the lowest bit says whether it is in one.
  private let changes = Atomic<UInt64>(0)

  /// Whether a task runs inside C-core, where a quick handler spends most of its time.
  private let isInCore = Atomic(false)

  /// The number of times that the thread has asked the queue for an event.
  private let turns = Atomic<UInt64>(0)

  /// The policy of active waiting, which the thread alone uses.
  private var busyWait: SpinPolicy

  /// The total time that the thread has waited actively, in nanoseconds.
  private let busyWaitTime = Atomic<UInt64>(0)

  /// The thread's load, once it runs.
  private let load = Locked<ThreadLoad?>(nil)

  /// The thread as one that runs a program's code, while it is relieved.
  let programThread = ProgramThread()

  /// The results of the last look at the thread, for the observer alone.
  private struct Memory {
    var changes: UInt64 = 0
    var totals = ThreadLoad.Totals()
    /// The time that the thread had run when it was first seen in its present code.
    var runTime: Duration?
    var capture = CaptureMemory()
  }

  /// The observations of a thread that has not returned from C-core since some look.
  private struct CaptureMemory {
    var progress = Progress()
    /// The system's counts at the last look, and the time of that look; `nil` if the thread has returned since.
    var last: (run: Duration, busy: Duration, time: UInt64)?
    /// The time that the thread has run during the looks that saw no pause.
    var time = Duration.zero
  }

  /// Two numbers, one of which changes whenever the thread returns from C-core.
  struct Progress: Sendable, Hashable {
    fileprivate var changes: UInt64 = 0
    fileprivate var turns: UInt64 = 0
  }

  /// The time that a thread runs inside C-core before another one polls in addition.
  ///
  /// Between two events C-core usually works for some microseconds, and for milliseconds on a large message.
  private static let captureTime = Duration.milliseconds(10)

  private let memory = Locked(Memory())

  /// The signal for the thread to poll again.
  let wakeUp = Semaphore()

  init(queue: OpaquePointer, executor: PollerExecutor, busyPolling: Server.BusyPolling = .never) {
    unsafe self.queue = queue
    self.executor = executor
    self.busyWait = SpinPolicy(busyPolling.kind)
  }

  // MARK: From the thread itself

  private static let key: pthread_key_t = {
    var key = pthread_key_t()
    let failure = unsafe pthread_key_create(&key, nil)
    precondition(failure == 0, "no thread-specific data is left")
    return key
  }()

  /// Makes this object the current thread's poller while `body` runs.
  func asCurrent(_ body: () -> Void) {
    // Not retained: the caller holds this object, and the pointer is removed before this function returns.
    unsafe pthread_setspecific(Self.key, Unmanaged.passUnretained(self).toOpaque())
    programThread.begin()
    keepLoad()
    body()
    pthread_setspecific(Self.key, nil)
    load.withLock { $0 = nil }
  }

  /// Opens the thread's load, which is not available while the thread is relieved.
  func keepLoad() { load.withLock { load in if load == nil { load = ThreadLoad() } } }

  /// The poller of the current thread; `nil` if the thread does not poll a queue.
  static var current: Poller? {
    guard let pointer = unsafe pthread_getspecific(key) else { return nil }
    return unsafe Unmanaged<Poller>.fromOpaque(pointer).takeUnretainedValue()
  }

  /// Starts an operation in C-core, on any thread.
  ///
  /// On a polling thread, an operation that is done immediately does not go through the queue, from which the thread
  /// would take it next.
  ///
  /// - Parameters:
  ///   - operation: The operation that `body` starts.
  ///   - body: Starts it.
  /// - Returns: The result of `body`, and whether the operation succeeded, if it is done: then its
  ///   ``Operation/complete(succeeded:)`` is not called any more.
  static func start<Result>(_ operation: Operation, _ body: () -> Result) -> (result: Result, succeeded: Bool?) {
    guard let current else { return (body(), nil) }
    current.isInCore.store(true, ordering: .relaxed)
    defer { current.isInCore.store(false, ordering: .relaxed) }
    unsafe grpc_completion_queue_thread_local_cache_init(current.queue)
    let result = body()
    var tag: UnsafeMutableRawPointer?
    var succeeded: Int32 = 0
    guard
      unsafe grpc_completion_queue_thread_local_cache_flush(current.queue, &tag, &succeeded) != 0,
      let done = unsafe tag.map(Operation.take)
    else { return (result, nil) }
    if done === operation { return (result, succeeded != 0) }
    current.append(.completion(done, succeeded: succeeded != 0))
    return (result, nil)
  }

  /// Calls a function that resumes tasks, which resume on this thread when the event at hand is done.
  ///
  /// This concerns only tasks that would resume on Swift's pool. Other tasks have an executor, or an actor's.
  static func resumingHere(_ body: () -> Void) {
    guard current != nil, EnqueueHook.state == .installed else { return body() }
    unsafe EnqueueHook.takingJobs(
      by: { job in
        guard let thread = Poller.current else { preconditionFailure("the thread has no poller") }
        unsafe thread.append(.unbound(EnqueueHook.job(job)))
      },
      body
    )
  }

  /// Adds a job to run when the event at hand is done, on another thread if this one is stuck.
  func append(_ job: Job) {
    let isRelieved = state.withLock { state in
      if state.isRelieved { return true }
      state.jobs.append(job)
      return false
    }
    guard !isRelieved else { return executor.post(job) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Runs a function that may run a program's code: on a polling thread when the event at hand is done, where another
  /// thread can relieve it; on any other thread immediately.
  ///
  /// - Parameter placement: The place where it runs, if functions like it have been found to hold polling threads.
  static func afterEvent(_ placement: HandlerPlacement?, _ body: @escaping @Sendable () -> Void) {
    guard let current else { return body() }
    let job = Job.function(body, placement)
    if let lane = placement?.lane { lane.append(.other(job)) } else { current.append(job) }
  }

  /// Defers a send until there are no more events, see ``SendDeferral``.
  ///
  /// - Returns: Whether the send is deferred; the caller starts it otherwise.
  func `defer`(_ send: any DeferrableSend) -> Bool {
    // A relieved thread does not defer: no other thread would take the send away from it.
    let isDeferred = state.withLock { !$0.isRelieved && $0.deferral.defer(send, now: Self.nanoseconds) }
    if isDeferred { hasWork.store(true, ordering: .relaxed) }
    return isDeferred
  }

  private func flushSends() {
    let sends = state.withLock { $0.deferral.beginFlush() }
    SendCoalescer.start(sends, executor: executor)
    _ = consume sends
    state.withLock { $0.deferral.endFlush(&started) }
    // One by one, so that the array keeps its memory; and not under the lock.
    while started.popLast() != nil {}
  }

  /// Counts a request for an event: the thread has returned from C-core.
  ///
  /// Only a store, because it is done with each event. The thread alone writes the number.
  func countTurn() { turns.store(turns.load(ordering: .relaxed) &+ 1, ordering: .relaxed) }

  /// Notes that a handler on the current thread waits for its stream.
  static func expectStream() { current?.busyWait.expectStream() }

  /// Waits for an event for a while without sleeping, if that has paid recently.
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
      // Threads that have work go first.
      sched_yield()
      now = Self.nanoseconds
    } while now - began < SpinPolicy.longestTime
    busyWaitTime.add(now - began, ordering: .relaxed)
    busyWait.end(hadEvent: event != nil)
    return event
  }

  private static var nanoseconds: UInt64 { MonotonicTime.nanoseconds }

  /// Adds a call to be watched when the tasks at hand are done, if its handler still runs then.
  func append(_ call: any BegunCall) {
    let isRelieved = state.withLock { state in
      if state.isRelieved { return true }
      state.calls.append(call)
      return false
    }
    guard !isRelieved else { return executor.post(.function({ call.watch() }, nil)) }
    hasWork.store(true, ordering: .relaxed)
  }

  /// Notes that the thread begins to complete the operation of an event.
  ///
  /// From now on until ``finishEvent(hadEvent:onBegin:)`` returns it can be relieved: a completion may wait for a
  /// call's lock that a thread kept by C-core has, or run a program's `enqueue` or `deinit`.
  ///
  /// - Parameter onBegin: Called when that has been noted.
  func beginEvent(onBegin: () -> Void) {
    // In one order with the state that `onBegin` reads: see `PollerPool.observe()`.
    changes.add(1, ordering: .sequentiallyConsistent)
    onBegin()
  }

  /// Runs the jobs, including those that come meanwhile, flushes the deferred sends if it is time, and watches the
  /// calls whose handlers still run then.
  ///
  /// - Parameters:
  ///   - hadEvent: Whether there was an event, if the thread has asked for one without waiting for it.
  ///   - onBegin: Called before the work runs, if there is any and no event has begun.
  /// - Returns: Whether the thread continues to poll; `false` if it was relieved meanwhile.
  func finishEvent(hadEvent: Bool? = nil, onBegin: () -> Void) -> Bool {
    // The thread alone changes the number.
    let hasBegun = changes.load(ordering: .relaxed) & 1 == 1
    guard hasWork.load(ordering: .relaxed) else { return !hasBegun || endEvent() }
    if !hasBegun { beginEvent(onBegin: onBegin) }
    var jobCount = 0
    let jobLimit = hadEvent == true ? Self.jobLimitBetweenEvents : Self.jobLimit
    var hadEvent = hadEvent
    while true {
      switch nextStep(&hadEvent) {
      case .poll: return true
      case .flush: flushSends()
      case .run(let job):
        run(job)
        jobCount += 1
        guard jobCount == jobLimit else { break }
        flushSends()
        // Before the pause: a handler that yields again and again keeps the list of jobs from running dry.
        watchBegunCalls()
        if pause() { return true }
      case .finish(let isRelieved, let calls):
        calls?.first.watch()
        if calls?.isLast == false { watchBegunCalls() }
        return !isRelieved
      }
    }
  }

  /// Ends an event that has made no work.
  ///
  /// - Returns: Whether the thread continues to poll; `false` if it was relieved meanwhile.
  private func endEvent() -> Bool {
    state.withLock { state in
      changes.add(1, ordering: .relaxed)
      defer { state.isRelieved = false }
      return !state.isRelieved
    }
  }

  private func watchBegunCalls() {
    while let call = state.withLock({ $0.calls.popLast() }) { call.watch() }
  }

  private func run(_ job: Job) {
    // This thread runs a program's code only while another one could take over.
    if !executor.hasSpareThread.load(ordering: .relaxed) {
      // The observer posts it again.
      if case .starved(_, mayHoldLast: false) = job { return }
      guard job.isForPoller || job.placement?.staysOnPollers == true else { return executor.runBeside(job) }
    }
    // A task that began here resumes in the lane, if its method has left the polling threads since.
    if let lane = job.placement?.lane { return lane.append(executor.laneJob(job)) }
    switch job {
    case .preferred(let job, let placement?): unsafe job.runSynchronously(on: placement.asUnownedTaskExecutor())
    case .preferred(let job, nil): unsafe job.runSynchronously(on: executor.asUnownedTaskExecutor())
    case .handOver(let work): takeOver(work)
    case .function, .unbound, .completion, .starved, .taken: job.run()
    }
  }

  /// Takes over the work that another thread has not done.
  private func takeOver(_ work: Work) {
    for job in work.jobs { append(job) }
    for call in work.calls { append(call) }
    work.sends.start()
  }

  /// Leaves the rest for after the next event, so that jobs that add other jobs do not keep the thread from polling.
  ///
  /// - Returns: Whether the thread polls next; `false` if it was relieved.
  private func pause() -> Bool {
    state.withLock { state in
      guard !state.isRelieved else { return false }
      // Not each time: with thousands of jobs that would move all of them for each few that have run.
      if state.nextJob > state.jobs.count / 2 {
        state.jobs.removeFirst(state.nextJob)
        state.nextJob = 0
      }
      state.placement = nil
      changes.add(1, ordering: .relaxed)
      hasWork.store(true, ordering: .relaxed)
      return true
    }
  }

  /// Whether the thread has work, and must not wait for the next event.
  var isBusy: Bool { hasWork.load(ordering: .relaxed) }

  /// Hands over the remaining work, because the thread will not poll again.
  func leaveWork() {
    while isBusy {
      let work = state.withLock { state in
        hasWork.store(false, ordering: .relaxed)
        return state.takeWork(sends: state.deferral.takeRest())
      }
      for job in work.jobs { executor.post(job) }
      work.sends.start()
      // Watching may be done immediately, and may add work again.
      for call in work.calls { call.watch() }
    }
  }

  private enum Step {
    case run(Job)
    /// All jobs are done, and the deferred sends are to be started.
    case flush
    /// All jobs are done, and sends are deferred until there are no more events.
    case poll
    /// All jobs are done: the calls whose handlers are not finished are to be watched, if there are any.
    case finish(isRelieved: Bool, calls: (first: any BegunCall, isLast: Bool)?)
  }

  private func nextStep(_ hadEvent: inout Bool?) -> Step {
    state.withLock { state in
      if state.nextJob < state.jobs.count {
        defer { state.nextJob += 1 }
        // Moved out: the last reference may run a program's `deinit`, which must not happen under this lock.
        var job = Job.taken
        swap(&job, &state.jobs[state.nextJob])
        state.placement = job.placement
        return .run(job)
      }
      // One by one, so that the arrays keep their memory.
      while state.jobs.popLast() != nil {}
      state.nextJob = 0
      state.placement = nil
      if !state.deferral.isEmpty {
        guard !state.isRelieved, state.deferral.waits(hadEvent: hadEvent.take(), now: Self.nanoseconds) else {
          return .flush
        }
        changes.add(1, ordering: .relaxed)
        return .poll
      }
      defer { state.isRelieved = false }
      hasWork.store(false, ordering: .relaxed)
      changes.add(1, ordering: .relaxed)
      let call = state.calls.popLast()
      return .finish(isRelieved: state.isRelieved, calls: call.map { ($0, isLast: state.calls.isEmpty) })
    }
  }

  // MARK: From other threads

  /// Looks at the thread's activity, for one observer.
  func look() -> Observation {
    let change = changes.load(ordering: .sequentiallyConsistent)
    let isInJob = change & 1 == 1
    let isRunning = isInJob && !isInCore.load(ordering: .relaxed)
    return memory.withLock { memory in
      let last = memory.changes
      memory.changes = change
      if change != last { memory.runTime = nil }
      return Observation(
        isInJob: isInJob,
        isRunning: isRunning,
        hasChanged: change != last,
        isStuck: isRunning && change == last && isStuck(&memory),
        change: change,
        eventCount: (change - last) / 2,
        capture: isRunning ? .none : capture(&memory.capture)
      )
    }
  }

  /// Checks whether C-core has captured the thread.
  ///
  /// The observer calls it while no program code runs there.
  ///
  /// - Returns: The state of the capture, and whether the thread has done anything since the last check.
  func lookForCapture() -> (capture: Capture, hasRun: Bool) {
    memory.withLock { memory in
      let before = memory.capture
      let capture = capture(&memory.capture)
      let hasRun = memory.capture.progress != before.progress || memory.capture.last?.run != before.last?.run
      return (capture, hasRun)
    }
  }

  private var progress: Progress {
    Progress(changes: changes.load(ordering: .relaxed), turns: turns.load(ordering: .relaxed))
  }

  /// Determines whether the thread, which runs no program's code, has run for a while without returning from C-core.
  ///
  /// A thread that waits for events inside C-core in between is not captured. The time for which it waits for a
  /// processor is not a pause, but does not count as run time either: another thread would wait, too.
  private func capture(_ memory: inout CaptureMemory) -> Capture {
    let progress = progress
    guard progress == memory.progress else {
      memory = CaptureMemory(progress: progress)
      return .none
    }
    guard let load = load.withLock({ $0 }) else { return .none }
    let totals = load.totals
    let now = Self.nanoseconds
    let last = memory.last
    memory.last = (totals.runTime, totals.busyTime, now)
    guard let last else { return .none }
    let run = totals.runTime - last.run
    // Linux adds the time for which a thread waits for a processor when it gets one.
    guard totals.busyTime - last.busy > .nanoseconds(now - last.time) / 2 || load.isIdle == false else {
      memory.time = .zero
      return run > Self.captureTime / 10 ? .possible : .none
    }
    memory.time += run
    return memory.time > Self.captureTime ? .captured : .possible
  }

  /// Returns whether a thread that is in the same code as before holds others up: it sleeps, or has run for a while.
  ///
  /// A thread that waits for a processor does not: another one would wait, too.
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

  /// Returns the system's counts for the thread since the last call, for one observer.
  func use() -> ThreadLoad.Totals {
    var totals = load.withLock { $0?.totals } ?? ThreadLoad.Totals()
    // A thread that has ended counts for nothing.
    let hasEnded = totals == ThreadLoad.Totals()
    // A thread that waits actively has time left.
    if !hasEnded { totals.busyTime -= .nanoseconds(busyWaitTime.load(ordering: .relaxed)) }
    return memory.withLock { [totals] memory in
      defer { memory.totals = totals }
      return hasEnded ? totals : totals - memory.totals
    }
  }

  /// Takes the work that the thread has not done; the thread does not poll again until ``wakeUp`` is signalled.
  ///
  /// - Parameter change: The number of the activity that was found to take too long.
  /// - Returns: The work, and the placement of the job that runs; `nil` if the thread does something else by now.
  func relieve(stuckSince change: UInt64) -> (Work, HandlerPlacement?)? {
    state.withLock { state in
      guard changes.load(ordering: .relaxed) == change, !state.isRelieved else { return nil }
      state.isRelieved = true
      // The observer does not look at it until it polls again, and a thread that is blocked keeps no descriptor.
      load.withLock { $0 = nil }
      return (state.takeWork(sends: state.deferral.takeRestOfStuckPoller()), state.placement)
    }
  }

  /// Lowers the thread's priority, if it is still relieved.
  func lowerPriority() { state.withLock { if $0.isRelieved { programThread.lowerPriority() } } }

  /// Takes the work that the thread has not done, because C-core keeps it: for the same observer as ``look()``.
  ///
  /// The thread continues to poll when it returns.
  ///
  /// - Returns: The work; `nil` if there is none, or the thread has returned.
  func takeWorkOfCaptured() -> Work? {
    let seen = memory.withLock { $0.capture.progress }
    return state.withLock { state in
      // Sends that are being started belong to a job, and a thread in a job is relieved instead.
      guard progress == seen, seen.changes & 1 == 0, !state.isRelieved, state.hasWork else { return nil }
      return state.takeWork(sends: state.deferral.takeRest())
    }
  }

  /// Hands another thread's work to this thread, which waits for ``wakeUp`` or has not started.
  func inherit(_ work: Work) {
    state.withLock { state in
      state.jobs += work.jobs
      state.calls += work.calls
      // After the jobs, as the other thread would have done.
      if !work.sends.isEmpty { state.jobs.append(.handOver(Work(sends: work.sends))) }
    }
    hasWork.store(true, ordering: .relaxed)
  }
}

/// A call whose handler has begun.
protocol BegunCall: AnyObject, Sendable {
  /// Ensures that a handler that still runs learns when the client disconnects.
  func watch()
}

extension Poller.Job {
  /// Whether a polling thread runs the job in any case: code of this library and of C-core, and jobs that no other
  /// thread can run.
  var isForPoller: Bool {
    switch self {
    case .completion, .starved, .handOver: true
    case .preferred, .unbound, .function, .taken: false
    }
  }

  /// The placement that the job belongs to, if it is a method's.
  var placement: HandlerPlacement? {
    switch self {
    case .preferred(_, let placement), .function(_, let placement): placement
    case .unbound, .completion, .starved, .handOver, .taken: nil
    }
  }

  /// Runs the job on the current thread; a part of a task that prefers an executor is run by that executor.
  func run() {
    switch self {
    case .preferred: preconditionFailure("only its executor can run this job")
    case .unbound(let job): EnqueueHook.run(job)
    case .completion(let operation, let succeeded): operation.complete(succeeded: succeeded)
    case .function(let body, _): body()
    case .starved(let lane, _): lane.runOne()
    case .handOver: preconditionFailure("only a poller can take over another one's work")
    case .taken: break
    }
  }
}
