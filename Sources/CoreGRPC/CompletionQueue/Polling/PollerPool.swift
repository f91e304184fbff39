import CGRPC
import Glibc
import Synchronization

/// The threads of a completion queue, which own the queue: the last one destroys it.
///
/// A thread that sleeps in a program's code, or runs it for longer than a moment, is relieved: a thread of the reserve
/// polls in its place. If a handler of a method was running, the method leaves the polling threads, see
/// ``HandlerPlacement``. The observer detects that. It is a thread that looks from time to time while there are events:
/// every millisecond when it sees a program's code run, every eight when it does not. It also sees when the threads
/// have no time left and the machine has, and lets ``PollerCountPolicy`` find out whether another thread is of use. It
/// also sees when C-core keeps a thread, as it does for a connection whose peer sends without end: then another thread
/// polls, see ``assist(_:)``. `Scheduling.md`, beside this file, has the states and the rules.
@safe final class PollerPool: @unchecked Sendable {
  // Unchecked, because of the raw handle: `grpc_completion_queue` is thread-safe, and it lives until the last thread
  // that polls has seen it shut down.

  /// The number of threads of a queue, those included that have been relieved, at which no more are started.
  ///
  /// The default for all queues, and the only value for those of channels. At it there is no reserve, and jobs of
  /// programs run on workers alone.
  static let defaultLargestThreadCount = 256

  /// The greatest setting of the number of threads that poll from the start.
  private static let largestInitialCount = 256

  /// The largest number of threads that wait in reserve; further threads end.
  private static let largestReserve = 4

  /// The largest number of threads that poll in the place of those that C-core keeps.
  ///
  /// Each connection whose peer sends without end may keep one; beyond this number, other connections wait for those.
  /// Such a peer also uses a processor of its own, so that this is far more than one machine keeps up.
  private static let largestAssistantCount = 64

  /// The time that they stay afterwards, because C-core returns now and then even from a peer that sends without end.
  private static let assistance = Duration.milliseconds(500)

  /// The time for which a thread sleeps meanwhile when it has found no event, in microseconds.
  ///
  /// C-core wakes no thread for a new event as long as it counts on one that is about to return from
  /// `grpc_completion_queue_next`, and it counts on the one that it keeps there (`pollset_kick` of
  /// `ev_epoll1_linux.cc`).
  private static let assistedSleep: UInt32 = 1000

  /// The intervals at which the observer looks for threads that C-core keeps while no program's code runs: for active
  /// threads, and for threads that have been idle for some time.
  private static let captureInterval = Duration.milliseconds(200), idleCaptureInterval = Duration.seconds(1)
  private static let idleLookCount = 50

  /// The shortest time between two checks for threads that compute beside those that poll, in nanoseconds.
  private static let computingInterval: UInt64 = 10_000_000

  private struct State {
    var crew: PollerCountPolicy
    let busyPolling: Server.BusyPolling
    /// The executor that says whether another thread could take over.
    let executor: PollerExecutor
    /// The threads that poll, or run handlers and are not stuck.
    var active: [Poller] = []
    /// The threads that could take over.
    ///
    /// A thread that leaves the reserve must not see what the reserve was before: if it is the last one that polls, it
    /// runs no program's code.
    var reserve: [Poller] = [] {
      didSet { executor.hasSpareThread.store(!reserve.isEmpty, ordering: .relaxed) }
    }
    /// The threads that are stuck.
    var relieved: [Poller] = []
    var threadCount = 0
    /// The number of active threads that must wait instead of polling again.
    var surplus = 0
    /// The time of the last check for threads that compute.
    var lastComputingCheck: UInt64 = 0
    /// The number of active threads in the place of those that C-core keeps, and the last time when it kept as many.
    var assistantCount = 0
    var lastCapture = ContinuousClock.now
    var isStopped = false
    /// Whether the observer has been started.
    var hasObserver = false

    /// Counts a thread of the reserve as active; the caller wakes it.
    mutating func activate() -> Poller? {
      guard let thread = reserve.popLast() else { return nil }
      active.append(thread)
      return thread
    }
  }

  private let largestThreadCount: Int
  let queue: OpaquePointer
  let outstandingCalls = OutstandingCalls()
  private let executor: PollerExecutor
  private let name: String
  private let library = Library()
  private let state: Locked<State>
  private let machine = MachineLoad()
  private let onStopped: @Sendable () -> Void

  private let observerWakeUp = ObserverWakeUp()
  private let hasSurplus = Atomic(false)
  /// Whether threads poll in the place of those that C-core keeps.
  private let isAssisted = Atomic(false)

  /// The threads that run handlers which do not belong on these.
  let workers: WorkerPool

  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: The smallest number of threads that poll.
  ///   - largestThreadCount: The number of threads at which no more are started; it is more than `threads` in any case.
  ///   - executor: The executor that runs tasks on them.
  ///   - busyPolling: The rule by which they wait without sleeping.
  ///   - largestWorkerCount: The largest number of threads that run handlers beside these.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(
    name: String,
    threads: Int,
    largestThreadCount: Int,
    executor: PollerExecutor,
    busyPolling: Server.BusyPolling,
    largestWorkerCount: Int,
    onStopped: @escaping @Sendable () -> Void
  ) {
    guard let queue = unsafe grpc_completion_queue_create_for_next(nil) else {
      preconditionFailure("C-core cannot create a completion queue")
    }
    unsafe self.queue = queue
    self.name = name
    self.executor = executor
    self.onStopped = onStopped
    self.workers = WorkerPool(
      name: "\(name)-work",
      largestThreadCount: largestWorkerCount,
      observerWakeUp: observerWakeUp
    )
    let threads = min(threads, Self.largestInitialCount)
    self.largestThreadCount = max(threads + 1, largestThreadCount)
    let cores = Processors.count
    // On one processor, a thread that spins would delay the event that it waits for.
    let busyPolling = cores > 1 ? busyPolling : .never
    let crew = PollerCountPolicy(smallest: threads, largest: cores)
    self.state = Locked(State(crew: crew, busyPolling: busyPolling, executor: executor))
    for _ in 0..<threads where !startFirst() {
      preconditionFailure(unsafe "no thread can be started: \(String(cString: strerror(errno)))")
    }
    // Before any job comes: where the system gives no further thread, the first one must not hold the only poller.
    fillReserve()
    // A peer may make C-core keep a thread before any program's code runs. A server's client may do so to a channel's
    // thread, too, because C-core makes each polling thread look at all sockets of the process.
    startObserver()
  }

  /// The numbers of the threads that poll, and of those that are stuck.
  var counts: (active: Int, relieved: Int) { state.withLock { ($0.active.count, $0.relieved.count) } }

  // MARK: Polling

  /// Starts a thread that polls from its start.
  private func startFirst() -> Bool {
    let thread = state.withLock { state in
      let thread = unsafe Poller(queue: queue, executor: executor, busyPolling: state.busyPolling)
      state.threadCount += 1
      state.active.append(thread)
      return thread
    }
    return Thread.spawn(name: name) { [self] in thread.asCurrent { run(thread) } }
  }

  /// Keeps a thread in reserve, to take over from one that is stuck.
  ///
  /// - Returns: Whether there is one; `false` if there are as many threads as the bound or the system allows.
  @discardableResult
  private func fillReserve() -> Bool {
    let made = state.withLock { state -> Poller? in
      guard
        state.reserve.allSatisfy(\.programThread.hasLowPriority), !state.isStopped,
        state.threadCount < largestThreadCount
      else { return nil }
      state.threadCount += 1
      return unsafe Poller(queue: queue, executor: executor, busyPolling: state.busyPolling)
    }
    if let made {
      let isStarted = Thread.spawn(name: name) { [self] in
        made.asCurrent { if waitInReserve(made) { run(made) } }
      }
      let isOver = state.withLock { state in
        if isStarted, !state.isStopped { state.reserve.append(made) } else { state.threadCount -= 1 }
        return state.isStopped
      }
      if isStarted, isOver { made.wakeUp.signal() }
    }
    return state.withLock { !$0.reserve.isEmpty }
  }

  private func run(_ thread: Poller) {
    // The inherited work.
    var isActive = finishEvent(thread)
    while true {
      if !isActive {
        thread.leaveWork()
        guard waitUntilNeeded(thread) else { return }
        thread.keepLoad()
        isActive = finishEvent(thread)
        continue
      }
      let isBusy = thread.isBusy
      let event = unsafe isBusy ? nextEvent(until: .past) : thread.waitActively(nextEventAtHand) ?? awaitEvent()
      thread.countTurn()
      if unsafe event.type == GRPC_QUEUE_SHUTDOWN { return stop(thread) }
      let hasEvent = unsafe event.type == GRPC_OP_COMPLETE
      if hasEvent, let tag = unsafe event.tag {
        thread.beginEvent(onBegin: wakeObserverIfNeeded)
        unsafe Operation.take(tag).complete(succeeded: event.success != 0)
      }
      outstandingCalls.lookIfDue()
      ServerDeadlines.shared.lookWithoutThread()
      isActive = finishEvent(thread, hadEvent: isBusy ? hasEvent : nil)
    }
  }

  private enum Deadline {
    case past
    case future
  }

  /// - Returns: An event of the type `GRPC_QUEUE_TIMEOUT`, if there is none until the deadline.
  private func nextEvent(until deadline: Deadline) -> grpc_event {
    let time = deadline == .past ? gpr_inf_past(GPR_CLOCK_MONOTONIC) : gpr_inf_future(GPR_CLOCK_MONOTONIC)
    return unsafe grpc_completion_queue_next(queue, time, nil)
  }

  /// Waits for an event, or until it is time to look at the calls that are under way.
  private func awaitEvent() -> grpc_event {
    if isAssisted.load(ordering: .relaxed) {
      // Not a short deadline. After it C-core would move the work for a connection to its executor. A hostile
      // connection would then keep the executor's one thread, and the work of other connections would wait behind it.
      let event = unsafe nextEvent(until: .past)
      if unsafe event.type == GRPC_QUEUE_TIMEOUT { usleep(Self.assistedSleep) }
      return unsafe event
    }
    if let longest = ServerDeadlines.shared.longestPoll {
      return unsafe grpc_completion_queue_next(queue, gpr_timespec(timeout: longest), nil)
    }
    if outstandingCalls.mayWaitWithoutEnd() { return unsafe nextEvent(until: .future) }
    return unsafe grpc_completion_queue_next(queue, gpr_timespec(timeout: .seconds(1)), nil)
  }

  private func nextEventAtHand() -> grpc_event? {
    let event = unsafe nextEvent(until: .past)
    return unsafe event.type == GRPC_QUEUE_TIMEOUT ? nil : event
  }

  /// Runs the work that has come up with an event.
  ///
  /// - Parameter hadEvent: See ``Poller/finishEvent(hadEvent:onBegin:)``.
  /// - Returns: Whether the thread continues to poll.
  private func finishEvent(_ thread: Poller, hadEvent: Bool? = nil) -> Bool {
    let isActive = thread.finishEvent(hadEvent: hadEvent, onBegin: wakeObserverIfNeeded)
    guard isActive, hasSurplus.load(ordering: .relaxed), leaveAsSurplus(thread) else { return isActive }
    // This thread may have been the only one that looked at the outstanding calls.
    executor.post(.function({}, nil))
    return false
  }

  private func leaveAsSurplus(_ thread: Poller) -> Bool {
    state.withLock { state in
      // While C-core keeps a thread, this one may be the only one that gets events: C-core does not wake threads that
      // have waited since before that.
      guard state.surplus > 0, state.active.count > 1, state.assistantCount == 0 else { return false }
      state.surplus -= 1
      hasSurplus.store(state.surplus > 0, ordering: .relaxed)
      state.active.removeAll { $0 === thread }
      return true
    }
  }

  /// Waits in the reserve.
  ///
  /// A thread whose priority has been lowered waits only where the system gives no other one.
  ///
  /// - Returns: Whether the thread is needed again; it ends otherwise.
  private func waitUntilNeeded(_ thread: Poller) -> Bool {
    let waits = state.withLock { state in
      state.relieved.removeAll { $0 === thread }
      let largestReserve = thread.programThread.hasLowPriority ? 1 : Self.largestReserve
      guard !state.isStopped, state.reserve.count < largestReserve else {
        state.threadCount -= 1
        return false
      }
      state.reserve.append(thread)
      return true
    }
    return waits && waitInReserve(thread)
  }

  private func waitInReserve(_ thread: Poller) -> Bool {
    thread.wakeUp.wait()
    // Signalled because the thread is active again, or because the queue has stopped.
    return state.withLock { state in state.active.contains { $0 === thread } }
  }

  /// Ends a thread that has seen the queue shut down.
  private func stop(_ thread: Poller) {
    let reserve = state.withLock { state in
      state.isStopped = true
      state.threadCount -= 1
      defer { state.reserve = [] }
      return state.reserve
    }
    for waiting in reserve { waiting.wakeUp.signal() }
    // OpenSSL keeps data for each thread. It would be freed with the thread, but the process may end before.
    OPENSSL_thread_stop()
    thread.leaveWork()
    deactivate(thread)
    // Tasks that waited for the end of the threads have just been resumed.
    thread.leaveWork()
  }

  /// Removes a thread that no longer polls because the queue has been shut down; the last one destroys the queue.
  ///
  /// Threads that are stuck do not poll again, so the queue does not wait for them.
  private func deactivate(_ thread: Poller) {
    let isLast = state.withLock { state in
      state.active.removeAll { $0 === thread }
      return state.active.isEmpty
    }
    guard isLast else { return }
    observerWakeUp.semaphore.signal()
    unsafe grpc_completion_queue_destroy(queue)
    onStopped()
  }

  // MARK: Observing

  /// Makes the observer look at the threads, if it does not, when they begin to do what may take long.
  private func wakeObserverIfNeeded() {
    guard observerWakeUp.isUnobserved.load(ordering: .sequentiallyConsistent) else { return }
    if observerWakeUp.isUnobserved.exchange(false, ordering: .sequentiallyConsistent) { wakeObserver() }
  }

  private func wakeObserver() {
    if startObserver() { return observerWakeUp.semaphore.signal() }
    // The next event tries again.
    observerWakeUp.isUnobserved.store(true, ordering: .sequentiallyConsistent)
  }

  /// - Returns: Whether there is an observer.
  @discardableResult
  private func startObserver() -> Bool {
    let isNew = state.withLock { state in
      defer { state.hasObserver = true }
      return !state.hasObserver
    }
    if !isNew || Thread.spawn(name: "grpc-observer", { [self] in observe() }) { return true }
    state.withLock { $0.hasObserver = false }
    return false
  }

  /// Waits until a program's code runs, or C-core seems to keep a thread.
  private func awaitSight() {
    var idleLookCount = 0
    while !observerWakeUp.semaphore.wait(
      atMost: idleLookCount < Self.idleLookCount ? Self.captureInterval : Self.idleCaptureInterval
    ) {
      lowerPriorities()
      var hasRun = false
      for thread in state.withLock({ $0.active }) {
        let sight = thread.lookForCapture()
        if sight.capture != .none {
          // A thread that begins to run a program's code now may have signalled: then there is one look too many.
          return observerWakeUp.isUnobserved.store(false, ordering: .sequentiallyConsistent)
        }
        hasRun = hasRun || sight.hasRun
      }
      idleLookCount = hasRun ? 0 : idleLookCount + 1
    }
  }

  /// Looks at the threads as long as they are active.
  private func observe() {
    defer { workers.observerEnded() }
    while true {
      awaitSight()
      state.withLock { $0.crew.restart() }
      // Counts from now on.
      _ = machine.idleProcessors()
      var lastLook = ContinuousClock.now
      var quietLooks = 0
      var microseconds: UInt32 = 1000
      while quietLooks < 5 {
        if isFinished { return }
        usleep(microseconds)
        let now = ContinuousClock.now
        let sight = look(after: now - lastLook)
        lastLook = now
        quietLooks = sight == .quiet ? quietLooks + 1 : 0
        // Less often while handlers are quick.
        microseconds = sight == .running ? 1000 : min(2 * microseconds, 8000)
      }
      observerWakeUp.isUnobserved.store(true, ordering: .sequentiallyConsistent)
      // A thread that began to run before that has not signalled; this look sees it. A thread that begins afterwards
      // does signal.
      if look(after: .zero) != .quiet { observerWakeUp.signalIfNeeded() }
      if isFinished { return }
    }
  }

  private var isFinished: Bool { state.withLock { $0.isStopped && $0.active.isEmpty } && !workers.hasWaitingJobs }

  private enum Observation {
    /// A thread is in a program's code.
    case running
    /// Threads have run tasks since the last look, and are done with them.
    case quick
    /// Nothing has happened since the last look.
    case quiet
  }

  /// Looks at the activity of the threads.
  ///
  /// - Parameter elapsed: The time since the last look.
  /// - Returns: The activity of all threads together.
  private func look(after elapsed: Duration) -> Observation {
    var seen = PollerCountPolicy.Look(elapsed: elapsed)
    let hasWaitingJobs = workers.look()
    lowerPriorities()
    var isQuiet = !hasWaitingJobs
    // Without a worker, a poller runs a job if another thread can take over from it, or if there is no other thread at
    // all that could become free.
    let hasOthers = state.withLock { $0.threadCount > $0.active.count }
    if fillReserve() || !hasOthers, let lane = workers.starvedLane {
      executor.post(.starved(lane, mayHoldLast: !hasOthers))
    }
    let threads = state.withLock { $0.active }
    var captured: [Poller] = []
    for thread in threads {
      let sight = thread.look()
      if sight.isRunning { seen.runningCount += 1 }
      seen.eventCount += sight.eventCount
      // A job that is inside C-core may block as soon as it leaves C-core, and nothing would wake the observer then.
      if sight.isInJob || sight.hasChanged { isQuiet = false }
      if sight.isStuck { relieve(thread, stuckSince: sight.change, leavesPollers: true) }
      if sight.capture != .none { isQuiet = false }
      guard sight.capture == .captured else { continue }
      // The job that the thread runs is not the cause of the capture.
      if sight.isInJob {
        relieve(thread, stuckSince: sight.change, leavesPollers: false)
      } else {
        captured.append(thread)
      }
    }
    if assist(captured) { isQuiet = false }
    let change = state.withLock { state in
      state.crew.look(
        seen,
        threads: {
          threads.reduce(ThreadLoad.Totals()) { totals, thread in
            let use = thread.use()
            return captured.contains { $0 === thread } ? totals : totals + use
          }
        },
        idleProcessors: { machine.idleProcessors() }
      )
    }
    switch change {
    case .none: break
    case .add: if !activateAnother() { state.withLock { $0.crew.additionFailed() } }
    case .remove:
      state.withLock { state in
        state.surplus += 1
        hasSurplus.store(true, ordering: .relaxed)
      }
    }
    return seen.runningCount > 0 || hasWaitingJobs ? .running : isQuiet ? .quiet : .quick
  }

  /// Lowers the priority of the threads that compute beside the polling ones, if there are more of them than
  /// processors.
  private func lowerPriorities() {
    let relieved = state.withLock { state -> [Poller]? in
      let now = MonotonicTime.nanoseconds
      guard now - state.lastComputingCheck > Self.computingInterval else { return nil }
      state.lastComputingCheck = now
      return state.relieved
    }
    guard let relieved else { return }
    let beside = workers.threads
    guard relieved.count + beside.count > workers.processorCount else { return }
    let pollers = relieved.filter { $0.programThread.computes() }
    let others = beside.filter { $0.thread.computes() }
    guard pollers.count + others.count > workers.processorCount else { return }
    for poller in pollers { poller.lowerPriority() }
    for worker in others { workers.lowerPriority(of: worker) }
  }

  /// Puts another thread in the place of one that is stuck.
  ///
  /// - Parameter leavesPollers: Whether the method whose job the stuck thread runs leaves the polling threads.
  private func relieve(_ stuck: Poller, stuckSince change: UInt64, leavesPollers: Bool) {
    enum Outcome {
      case unchanged
      case stopped(leaving: Poller.Work)
      case replaced(by: Poller, jobs: [Poller.Job], placement: HandlerPlacement?)
    }
    fillReserve()
    let outcome = state.withLock { state -> Outcome in
      guard state.isStopped || !state.reserve.isEmpty else { return .unchanged }
      guard let (taken, placement) = stuck.relieve(stuckSince: change) else { return .unchanged }
      var work = taken
      if state.isStopped { return .stopped(leaving: work) }
      // Under the lock, so that there is always a thread that polls.
      state.active.removeAll { $0 === stuck }
      state.relieved.append(stuck)
      guard let thread = state.activate() else { preconditionFailure("the reserve has no thread") }
      let jobs = work.jobs.filter { !$0.isForPoller }
      work.jobs.removeAll { !$0.isForPoller }
      thread.inherit(work)
      return .replaced(by: thread, jobs: jobs, placement: placement)
    }
    switch outcome {
    case .unchanged: break
    case .stopped(let work):
      // No thread polls any more, but tasks must resume, and operations end. The calls are over, and need not be
      // watched.
      executor.runWithoutPollers(work)
      deactivate(stuck)
    case .replaced(let thread, let jobs, let placement):
      if leavesPollers { placement?.leavePollers() }
      // Other jobs of that method must not hold the next thread.
      for job in jobs {
        if let lane = job.placement?.lane {
          lane.append(executor.laneJob(job))
        } else {
          thread.append(job)
        }
      }
      // Before the thread wakes, as without a reserve it has all jobs run beside the polling threads.
      fillReserve()
      thread.wakeUp.signal()
    }
  }

  /// Makes as many threads poll in addition as C-core keeps, within bounds.
  ///
  /// A thread that runs a job is relieved. A thread inside `grpc_completion_queue_next` cannot be: it uses the queue
  /// until it returns. When it returns, one thread too many polls for a while.
  ///
  /// - Parameter captured: The threads that C-core keeps now.
  /// - Returns: Whether threads poll in addition.
  private func assist(_ captured: [Poller]) -> Bool {
    let (count, lastCapture) = state.withLock { ($0.assistantCount, $0.lastCapture) }
    guard !captured.isEmpty || count > 0 else { return false }
    let now = ContinuousClock.now
    if captured.count < count {
      guard now - lastCapture > Self.assistance else { return true }
      state.withLock { state in
        state.surplus += count - captured.count
        hasSurplus.store(true, ordering: .relaxed)
        state.assistantCount = captured.count
        isAssisted.store(!captured.isEmpty, ordering: .relaxed)
      }
      return !captured.isEmpty
    }
    if captured.count > count, count < Self.largestAssistantCount {
      // Before the thread wakes, and reset if there is none.
      isAssisted.store(true, ordering: .relaxed)
      let isAnother = activateAnother(isNew: true)
      state.withLock { state in
        if isAnother { state.assistantCount += 1 }
        isAssisted.store(state.assistantCount > 0, ordering: .relaxed)
      }
    }
    state.withLock { $0.lastCapture = now }
    for thread in captured {
      if let work = thread.takeWorkOfCaptured() { executor.post(.handOver(work)) }
    }
    return true
  }

  /// - Parameter isNew: Whether it must be one of the reserve. A thread that was to leave may wait in
  ///   `grpc_completion_queue_next` from before a capture, where C-core does not wake it.
  /// - Returns: Whether another thread polls, one that was to leave stays, or the queue has stopped.
  private func activateAnother(isNew: Bool = false) -> Bool {
    fillReserve()
    let (isDone, added) = state.withLock { state -> (Bool, Poller?) in
      guard !state.isStopped else { return (true, nil) }
      guard isNew || state.surplus == 0 else {
        state.surplus -= 1
        hasSurplus.store(state.surplus > 0, ordering: .relaxed)
        return (true, nil)
      }
      let thread = state.activate()
      return (thread != nil, thread)
    }
    if let added {
      fillReserve()
      added.wakeUp.signal()
    }
    return isDone
  }
}
