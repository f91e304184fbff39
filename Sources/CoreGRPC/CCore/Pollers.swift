import CGRPC
import Glibc
import Synchronization

/// The threads' side of a completion queue, which they own: the last one out destroys it.
///
/// A thread that sleeps in a program's code, or runs it for longer than a moment, is relieved: another one polls in its place,
/// and it waits until it is needed. So a handler that blocks its thread holds up nobody else. What finds that out is a
/// thread that looks from time to time while there are events: every millisecond when it sees a program's code run, every eight
/// when it does not. It also sees when the threads have no time left and the machine has, and lets ``PollerCrew`` find out
/// whether one more is of use.
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

    /// Counts one thread more as active: one of the reserve, to be woken, or a new one, to be started.
    mutating func activate(
      for queue: OpaquePointer,
      _ executor: PollerExecutor
    ) -> (thread: PollerThread, isNew: Bool) {
      if let thread = reserve.popLast() {
        active.append(thread)
        return (thread, false)
      }
      let thread = PollerThread(queue: queue, executor: executor, busyPolling: busyPolling)
      threadCount += 1
      active.append(thread)
      return (thread, true)
    }
  }

  let queue: OpaquePointer
  private let executor: PollerExecutor
  private let name: String
  private let library = Library()
  private let state: Locked<State>
  private let machine = MachineLoad()
  private let onStopped: @Sendable () -> Void

  /// Whether nobody looks at the threads, so that the one which does must be woken.
  private let isUnobserved = Atomic(true)
  private let observerWakeUp = Semaphore()
  private let hasSurplus = Atomic(false)

  /// - Parameters:
  ///   - name: The threads' name.
  ///   - threads: How many threads poll, at least.
  ///   - executor: What runs tasks on them.
  ///   - busyPolling: When they wait without sleeping.
  ///   - onStopped: Called once, on a polling thread, when the queue has been destroyed.
  init(
    name: String,
    threads: Int,
    executor: PollerExecutor,
    busyPolling: Server.BusyPolling,
    onStopped: @escaping @Sendable () -> Void
  ) {
    guard let queue = grpc_completion_queue_create_for_next(nil) else {
      preconditionFailure("C-core cannot create a completion queue")
    }
    self.queue = queue
    self.name = name
    self.executor = executor
    self.onStopped = onStopped
    let cores = max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    // On one processor it would keep from happening what it waits for.
    let busyPolling = cores > 1 ? busyPolling : .never
    self.state = Locked(State(crew: PollerCrew(smallest: threads, largest: cores), busyPolling: busyPolling))
    for _ in 0..<threads { activateAnother() }
  }

  // MARK: Polling

  private func spawn(_ thread: PollerThread) {
    Thread.spawn(name: name) { [self] in thread.asCurrent { run(thread) } }
  }

  private func run(_ thread: PollerThread) {
    // What it inherited.
    var isActive = finishEvent(thread)
    while true {
      if !isActive {
        thread.leaveWork()
        guard waitUntilNeeded(thread) else { return }
        isActive = finishEvent(thread)
        continue
      }
      let isBusy = thread.isBusy
      let event = isBusy ? nextEvent(until: .past) : thread.waitActively(nextEventAtHand) ?? nextEvent(until: .future)
      if event.type == GRPC_QUEUE_SHUTDOWN { return stop(thread) }
      let hasEvent = event.type == GRPC_OP_COMPLETE
      if hasEvent, let tag = event.tag { Operation.take(tag).complete(succeeded: event.success != 0) }
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
      guard isUnobserved.load(ordering: .sequentiallyConsistent) else { return }
      if isUnobserved.exchange(false, ordering: .sequentiallyConsistent) { wakeObserver() }
    }
    return isActive && !(hasSurplus.load(ordering: .relaxed) && leaveAsSurplus(thread))
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
    observerWakeUp.signal()
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
    if isNew { Thread.spawn(name: "grpc-observer") { [self] in observe() } }
    observerWakeUp.signal()
  }

  /// Looks at the threads as long as there is something to see.
  private func observe() {
    while true {
      observerWakeUp.wait()
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
      isUnobserved.store(true, ordering: .sequentiallyConsistent)
      // A thread that began to run before that has not signalled; it is seen here. One that begins after it does signal.
      if look(after: .zero) != .quiet, isUnobserved.exchange(false, ordering: .sequentiallyConsistent) {
        observerWakeUp.signal()
      }
      if isFinished { return }
    }
  }

  private var isFinished: Bool { state.withLock { $0.isStopped && $0.active.isEmpty } }

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
    var isQuiet = true
    let threads = state.withLock { $0.active }
    for thread in threads {
      let sight = thread.look()
      if sight.isRunning { seen.runningCount += 1 }
      seen.eventCount += sight.eventCount
      // A job that is inside C-core may block as soon as it has left it, and nothing would wake the observer then.
      if sight.isInJob || sight.hasChanged { isQuiet = false }
      if sight.isStuck { relieve(thread, stuckSince: sight.change) }
    }
    let use = PollerCrew.Use(
      threads: { threads.reduce(ThreadLoad.Totals()) { $0 + $1.use() } },
      idleProcessors: { self.machine.idleProcessors() }
    )
    let change = state.withLock { $0.crew.look(seen, use) }
    switch change {
    case .none: break
    case .add: activateAnother()
    case .remove:
      state.withLock { state in
        state.surplus += 1
        hasSurplus.store(true, ordering: .relaxed)
      }
    }
    return seen.runningCount > 0 ? .running : isQuiet ? .quiet : .quick
  }

  /// Puts another thread in the place of one that is stuck.
  private func relieve(_ stuck: PollerThread, stuckSince change: UInt64) {
    enum Outcome {
      case unchanged
      case stopped(leaving: PollerThread.Work)
      case replaced(by: PollerThread, isNew: Bool)
    }
    let outcome = state.withLock { state -> Outcome in
      let isPossible = !state.reserve.isEmpty || state.threadCount < Self.largestThreadCount
      guard state.isStopped || isPossible, let work = stuck.relieve(stuckSince: change) else { return .unchanged }
      if state.isStopped { return .stopped(leaving: work) }
      // At once, so that there is always somebody who polls.
      state.active.removeAll { $0 === stuck }
      let (thread, isNew) = state.activate(for: queue, executor)
      thread.inherit(work)
      return .replaced(by: thread, isNew: isNew)
    }
    switch outcome {
    case .unchanged: break
    case .stopped(let work):
      // Nobody polls any more, but tasks must go on, and operations end. The calls are over, and need not be watched.
      for job in work.jobs { job.runElsewhere() }
      for operation in work.heldBack { operation.startHeldBack() }
      deactivate(stuck)
    case .replaced(let thread, let isNew): isNew ? spawn(thread) : thread.wakeUp.signal()
    }
  }

  private func activateAnother() {
    let added = state.withLock { state -> (thread: PollerThread, isNew: Bool)? in
      guard !state.isStopped else { return nil }
      guard state.surplus == 0 else {
        state.surplus -= 1
        hasSurplus.store(state.surplus > 0, ordering: .relaxed)
        return nil
      }
      return state.activate(for: queue, executor)
    }
    guard let (thread, isNew) = added else { return }
    isNew ? spawn(thread) : thread.wakeUp.signal()
  }
}
