import CGRPC
import Glibc
import Synchronization

/// The threads' side of a completion queue, which they own: the last one out destroys it.
///
/// A thread that sleeps in a program's code, or runs it for longer than a moment, is relieved: a thread of the reserve polls in its
/// place. If a handler of a method was running, the method leaves the polling threads, see ``HandlerPlacement``. The observer finds
/// that out: a thread that looks from time to time while there are events, every millisecond when it sees a program's code run,
/// every eight when it does not. It also sees when the threads have no time left and the machine has, and lets ``PollerCrew`` find
/// out whether one more is of use. `Scheduling.md`, beside this file, has the states and the rules.
final class Pollers: @unchecked Sendable {
  // Unchecked, because of the raw handle: `grpc_completion_queue` is thread-safe, and it lives until the last thread that
  // polls has seen it shut down.

  /// How many threads of one queue may be stuck before no more are started.
  private static let largestThreadCount = 256

  /// How many threads wait to be needed; more end.
  private static let largestReserve = 4

  private struct State {
    var crew: PollerCrew
    let busyPolling: Server.BusyPolling
    /// The threads that poll, or run handlers and are not stuck.
    var active: [PollerThread] = []
    var reserve: [PollerThread] = []
    var threadCount = 0
    /// How many active threads shall wait instead of polling once more.
    var surplus = 0
    var isStopped = false
    /// Whether the thread that looks has been started; queues that run no program's code need none.
    var hasObserver = false

    /// Counts a thread of the reserve as active, which is to be woken.
    mutating func activate() -> PollerThread? {
      guard let thread = reserve.popLast() else { return nil }
      active.append(thread)
      return thread
    }
  }

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

  /// The threads that run what does not belong on these.
  let workers: WorkerPool

  /// Knows which tasks run handlers of which methods; `nil` where no handlers run.
  private let placements: HandlerPlacements?

  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: How many threads poll, at least.
  ///   - executor: What runs tasks on them.
  ///   - busyPolling: When they wait without sleeping.
  ///   - largestWorkerCount: How many threads run handlers beside these, at most.
  ///   - placements: Knows which tasks run handlers of which methods.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(
    name: String,
    threads: Int,
    executor: PollerExecutor,
    busyPolling: Server.BusyPolling,
    largestWorkerCount: Int,
    placements: HandlerPlacements?,
    onStopped: @escaping @Sendable () -> Void
  ) {
    guard let queue = grpc_completion_queue_create_for_next(nil) else {
      preconditionFailure("C-core cannot create a completion queue")
    }
    self.queue = queue
    self.name = name
    self.executor = executor
    self.placements = placements
    self.onStopped = onStopped
    self.workers = WorkerPool(
      name: "\(name)-work",
      largestThreadCount: largestWorkerCount,
      observerWakeUp: observerWakeUp
    )
    let cores = Processors.count
    // On one processor it would keep from happening what it waits for.
    let busyPolling = cores > 1 ? busyPolling : .never
    self.state = Locked(State(crew: PollerCrew(smallest: threads, largest: cores), busyPolling: busyPolling))
    for _ in 0..<threads where !startFirst() {
      preconditionFailure("no thread can be started: \(String(cString: strerror(errno)))")
    }
  }

  // MARK: Polling

  /// Starts a thread that polls from its start.
  private func startFirst() -> Bool {
    let thread = state.withLock { state in
      let thread = PollerThread(queue: queue, executor: executor, busyPolling: state.busyPolling)
      state.threadCount += 1
      state.active.append(thread)
      return thread
    }
    return Thread.spawn(name: name) { [self] in thread.asCurrent { run(thread) } }
  }

  /// Sees to it that a thread is in reserve, to take over from one that is stuck.
  ///
  /// - Returns: Whether one is: not if there are as many threads as the bound or the system allows.
  @discardableResult
  private func fillReserve() -> Bool {
    let made = state.withLock { state -> PollerThread? in
      guard state.reserve.isEmpty, !state.isStopped, state.threadCount < Self.largestThreadCount else { return nil }
      state.threadCount += 1
      return PollerThread(queue: queue, executor: executor, busyPolling: state.busyPolling)
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
    let hasSpare = state.withLock { !$0.reserve.isEmpty }
    executor.hasSpareThread.store(hasSpare, ordering: .relaxed)
    return hasSpare
  }

  private func run(_ thread: PollerThread) {
    // What it inherited.
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
      let event = isBusy ? nextEvent(until: .past) : thread.waitActively(nextEventAtHand) ?? awaitEvent()
      if event.type == GRPC_QUEUE_SHUTDOWN { return stop(thread) }
      let hasEvent = event.type == GRPC_OP_COMPLETE
      if hasEvent, let tag = event.tag { Operation.take(tag).complete(succeeded: event.success != 0) }
      outstandingCalls.lookIfDue()
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
    return grpc_completion_queue_next(queue, time, nil)
  }

  /// Waits for an event, or until it is time to look at the calls that are under way.
  private func awaitEvent() -> grpc_event {
    if outstandingCalls.mayWaitWithoutEnd() { return nextEvent(until: .future) }
    return grpc_completion_queue_next(queue, gpr_timespec(timeout: .seconds(1)), nil)
  }

  private func nextEventAtHand() -> grpc_event? {
    let event = nextEvent(until: .past)
    return event.type == GRPC_QUEUE_TIMEOUT ? nil : event
  }

  /// Runs what has come up with an event.
  ///
  /// - Parameter hadEvent: See ``PollerThread/finishEvent(hadEvent:onBegin:)``.
  /// - Returns: Whether the thread shall go on polling.
  private func finishEvent(_ thread: PollerThread, hadEvent: Bool? = nil) -> Bool {
    let isActive = thread.finishEvent(hadEvent: hadEvent) {
      guard observerWakeUp.isUnobserved.load(ordering: .sequentiallyConsistent) else { return }
      if observerWakeUp.isUnobserved.exchange(false, ordering: .sequentiallyConsistent) { wakeObserver() }
    }
    guard isActive, hasSurplus.load(ordering: .relaxed), leaveAsSurplus(thread) else { return isActive }
    // It may have been the only one that looked at the calls under way.
    executor.post(.function {})
    return false
  }

  private func leaveAsSurplus(_ thread: PollerThread) -> Bool {
    state.withLock { state in
      guard state.surplus > 0, state.active.count > 1 else { return false }
      state.surplus -= 1
      hasSurplus.store(state.surplus > 0, ordering: .relaxed)
      state.active.removeAll { $0 === thread }
      return true
    }
  }

  /// Waits, as one of the reserve.
  ///
  /// - Returns: Whether the thread is needed again; it ends otherwise.
  private func waitUntilNeeded(_ thread: PollerThread) -> Bool {
    let waits = state.withLock { state in
      guard !state.isStopped, state.reserve.count < Self.largestReserve else {
        state.threadCount -= 1
        return false
      }
      state.reserve.append(thread)
      return true
    }
    guard waits else { return false }
    executor.hasSpareThread.store(true, ordering: .relaxed)
    return waitInReserve(thread)
  }

  private func waitInReserve(_ thread: PollerThread) -> Bool {
    thread.wakeUp.wait()
    // Signalled because it is active again, or because all is over.
    return state.withLock { state in state.active.contains { $0 === thread } }
  }

  /// A thread has seen the queue shut down.
  private func stop(_ thread: PollerThread) {
    let reserve = state.withLock { state in
      state.isStopped = true
      state.threadCount -= 1
      defer { state.reserve = [] }
      return state.reserve
    }
    for waiting in reserve { waiting.wakeUp.signal() }
    // What OpenSSL keeps for each thread. It would go with the thread, but the process may end before.
    OPENSSL_thread_stop()
    thread.leaveWork()
    deactivate(thread)
    // What waited for the end of the threads, and has just been resumed.
    thread.leaveWork()
  }

  /// A thread does not poll any more, and the queue has been shut down: the last one destroys it.
  ///
  /// Threads that are stuck do not poll again, so nobody waits for them.
  private func deactivate(_ thread: PollerThread) {
    let isLast = state.withLock { state in
      state.active.removeAll { $0 === thread }
      return state.active.isEmpty
    }
    guard isLast else { return }
    observerWakeUp.semaphore.signal()
    grpc_completion_queue_destroy(queue)
    onStopped()
  }

  // MARK: Observing

  /// Has the threads looked at, as they begin to run a program's code.
  private func wakeObserver() {
    let isNew = state.withLock { state in
      defer { state.hasObserver = true }
      return !state.hasObserver
    }
    if isNew, !Thread.spawn(name: "grpc-observer", { [self] in observe() }) {
      // The next event tries again.
      state.withLock { $0.hasObserver = false }
      return observerWakeUp.isUnobserved.store(true, ordering: .sequentiallyConsistent)
    }
    observerWakeUp.semaphore.signal()
  }

  /// Looks at the threads as long as there is something to see.
  private func observe() {
    while true {
      observerWakeUp.semaphore.wait()
      state.withLock { $0.crew.restart() }
      // From now on.
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
        // Seldom, while handlers are quick.
        microseconds = sight == .running ? 1000 : min(2 * microseconds, 8000)
      }
      observerWakeUp.isUnobserved.store(true, ordering: .sequentiallyConsistent)
      // A thread that began to run before that has not signalled; it is seen here. One that begins after it does signal.
      if look(after: .zero) != .quiet { observerWakeUp.signalIfNeeded() }
      if isFinished { return }
    }
  }

  private var isFinished: Bool { state.withLock { $0.isStopped && $0.active.isEmpty } && !workers.hasWaitingJobs }

  private enum Sight {
    /// A thread is in a program's code.
    case running
    /// Threads have run tasks since the last look, and are done with them.
    case quick
    /// Nothing has happened since the last look.
    case quiet
  }

  /// Looks at what the threads do.
  ///
  /// - Parameter elapsed: The time since the last look.
  /// - Returns: What there was to see, of all threads together.
  private func look(after elapsed: Duration) -> Sight {
    var seen = PollerCrew.Look(elapsed: elapsed)
    let hasWaitingJobs = workers.look()
    var isQuiet = !hasWaitingJobs
    // Where no worker can be had, a poller runs a job if another thread can take over from it, or if there is no other thread
    // at all, of which one could be waited for.
    let hasOthers = state.withLock { $0.threadCount > $0.active.count }
    if fillReserve() || !hasOthers, let lane = workers.starvedLane { executor.post(.starved(lane)) }
    let threads = state.withLock { $0.active }
    for thread in threads {
      let sight = thread.look()
      if sight.isRunning { seen.runningCount += 1 }
      seen.eventCount += sight.eventCount
      // A job that is inside C-core may block as soon as it has left it, and nothing would wake the observer then.
      if sight.isInJob || sight.hasChanged { isQuiet = false }
      if sight.isStuck { relieve(thread, stuckSince: sight.change, in: sight.task) }
    }
    let use = PollerCrew.Use(
      threads: { threads.reduce(ThreadLoad.Totals()) { $0 + $1.use() } },
      idleProcessors: { self.machine.idleProcessors() }
    )
    let change = state.withLock { $0.crew.look(seen, use) }
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

  /// Puts another thread in the place of one that is stuck.
  ///
  /// - Parameter task: The task that it runs.
  private func relieve(_ stuck: PollerThread, stuckSince change: UInt64, in task: UInt) {
    enum Outcome {
      case unchanged
      case stopped(leaving: PollerThread.Work)
      case replaced(by: PollerThread, jobs: [PollerThread.Job])
    }
    fillReserve()
    let outcome = state.withLock { state -> Outcome in
      guard state.isStopped || !state.reserve.isEmpty, var work = stuck.relieve(stuckSince: change) else {
        return .unchanged
      }
      if state.isStopped { return .stopped(leaving: work) }
      // Under the lock, so that there is always somebody who polls.
      state.active.removeAll { $0 === stuck }
      guard let thread = state.activate() else { preconditionFailure("the reserve has a thread, as was asked above") }
      let jobs = work.jobs.filter { !$0.isForPoller }
      work.jobs.removeAll { !$0.isForPoller }
      thread.inherit(work)
      return .replaced(by: thread, jobs: jobs)
    }
    switch outcome {
    case .unchanged: break
    case .stopped(let work):
      // Nobody polls any more, but tasks must go on, and operations end. The calls are over, and need not be watched.
      for job in work.jobs { job.runElsewhere() }
      for operation in work.heldBack { operation.startHeldBack() }
      deactivate(stuck)
    case .replaced(let thread, let jobs):
      placements?.leavePollers(methodOf: task, for: workers)
      // The other handlers of that method shall not hold the next thread.
      for job in jobs {
        if let lane = placements?.lane(of: job.address) {
          lane.append(executor.laneJob(job))
        } else {
          thread.append(job)
        }
      }
      thread.wakeUp.signal()
      fillReserve()
    }
  }

  /// - Returns: Whether another thread polls, or none is to go.
  private func activateAnother() -> Bool {
    fillReserve()
    let (isDone, added) = state.withLock { state -> (Bool, PollerThread?) in
      guard !state.isStopped else { return (true, nil) }
      guard state.surplus == 0 else {
        state.surplus -= 1
        hasSurplus.store(state.surplus > 0, ordering: .relaxed)
        return (true, nil)
      }
      let thread = state.activate()
      return (thread != nil, thread)
    }
    added?.wakeUp.signal()
    return isDone
  }
}
