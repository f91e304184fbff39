import CGRPC
import Glibc
import Synchronization

/// The threads beside those that poll: they run the handlers that block or compute, each method's in a ``HandlerLane``.
///
/// A thread that has nothing to do waits a moment for more, and ends. Where no further thread can be had, by the bound or by the
/// system, jobs wait: for a thread that is done, or for the observer to try again.
final class WorkerPool: Sendable {
  /// How many threads of a lane are looked at, at most.
  static let sampleSize = 8

  /// How long a thread waits for more to do.
  private static let idleTime = Duration.seconds(2)

  private struct State {
    var idle: [Worker] = []
    var threadCount = 0
    /// The lanes with jobs that wait.
    var waiting: [HandlerLane] = []
    var hasReported = false
  }

  let processorCount: Int
  private let largestThreadCount: Int
  private let name: String
  private let state = Locked(State())
  private let observerWakeUp: ObserverWakeUp

  /// - Parameters:
  ///   - name: The threads' name.
  ///   - largestThreadCount: How many threads there are at most.
  ///   - observerWakeUp: Wakes a thread that calls ``look()``, and again while that returns `true`.
  init(name: String, largestThreadCount: Int, observerWakeUp: ObserverWakeUp) {
    self.name = name
    self.largestThreadCount = max(1, largestThreadCount)
    self.processorCount = Processors.count
    self.observerWakeUp = observerWakeUp
  }

  /// How many threads one lane may have: not all, so that the handlers of one method cannot keep those of another from running.
  var laneLimit: Int { max(1, largestThreadCount * 3 / 4) }

  /// Has threads run the jobs of a lane.
  ///
  /// - Parameter count: How many, all counted by the lane as running.
  func start(_ lane: HandlerLane, count: Int) {
    for index in 0..<count where !startOne(lane) {
      lane.giveUp(count: count - index)
      return requestLook(at: lane)
    }
  }

  private func startOne(_ lane: HandlerLane) -> Bool {
    enum Source {
      case idle(Worker)
      case new(Worker)
      case none
    }
    let source = state.withLock { state -> Source in
      if let worker = state.idle.popLast() {
        worker.lane.withLock { $0 = lane }
        return .idle(worker)
      }
      guard state.threadCount < largestThreadCount else { return .none }
      state.threadCount += 1
      return .new(Worker(lane))
    }
    switch source {
    case .idle(let worker):
      worker.wakeUp.signal()
      return true
    case .new(let worker):
      if Thread.spawn(name: name, { [self] in run(worker) }) { return true }
      state.withLock { $0.threadCount -= 1 }
      return false
    case .none:
      return false
    }
  }

  private func run(_ worker: Worker) {
    worker.begin()
    while true {
      if let lane = worker.lane.withLock({ $0.take() }) { lane.run(on: worker) }
      state.withLock { $0.idle.append(worker) }
      // Jobs may wait for a thread of the pool, and none was to be had.
      if let lane = state.withLock({ $0.waiting.first }) { _ = lane.look() }
      if worker.wakeUp.wait(atMost: Self.idleTime) { continue }
      let ends = state.withLock { state in
        guard let index = state.idle.firstIndex(where: { $0 === worker }) else { return false }
        state.idle.remove(at: index)
        state.threadCount -= 1
        return true
      }
      if ends { return }
      // Taken out of the list meanwhile, so that the signal is on its way.
      worker.wakeUp.wait()
    }
  }

  /// Jobs of a lane wait: the observer is to find out whether more may run.
  func requestLook(at lane: HandlerLane) {
    state.withLock { state in
      if !state.waiting.contains(where: { $0 === lane }) { state.waiting.append(lane) }
    }
    observerWakeUp.signalIfNeeded()
  }

  /// Whether jobs wait for a look.
  var hasWaitingJobs: Bool { state.withLock { !$0.waiting.isEmpty } }

  /// A lane whose jobs no thread of the pool can run.
  var starvedLane: HandlerLane? { state.withLock { $0.waiting }.first { $0.isStarved } }

  /// Looks at the lanes with jobs that wait.
  ///
  /// - Returns: Whether there is something to look at soon.
  func look() -> Bool {
    // Taken out first: a lane to which a job comes meanwhile puts itself in again.
    let lanes = state.withLock { state in
      defer { state.waiting = [] }
      return state.waiting
    }
    let waiting = lanes.filter { $0.look() }
    state.withLock { state in
      for lane in waiting where !state.waiting.contains(where: { $0 === lane }) { state.waiting.append(lane) }
    }
    let isAnyAtLimit = waiting.contains { $0.isAtLimit }
    let isExhausted = state.withLock { state in
      let isExhausted = isAnyAtLimit || !state.waiting.isEmpty && state.threadCount >= largestThreadCount
      defer { state.hasReported = isExhausted }
      return isExhausted && !state.hasReported
    }
    if isExhausted {
      let count = state.withLock { $0.threadCount - $0.idle.count }
      let limit = "(limit \(largestThreadCount))"
      let message = "\(count) handlers block or compute, and further ones wait for a thread \(limit)"
      CoreGRPCLog.report(.error) { CoreGRPCLog.Event(level: .error, message: message) }
    }
    return hasWaitingJobs
  }
}

/// Wakes the thread that looks at the others.
final class ObserverWakeUp: Sendable {
  /// Whether nobody looks, so that the observer must be woken.
  let isUnobserved = Atomic(true)
  let semaphore = Semaphore()

  /// Wakes the observer, if it sleeps.
  func signalIfNeeded() {
    guard isUnobserved.load(ordering: .sequentiallyConsistent) else { return }
    if isUnobserved.exchange(false, ordering: .sequentiallyConsistent) { semaphore.signal() }
  }
}

/// One thread of a ``WorkerPool``.
final class Worker: Sendable {
  let wakeUp = Semaphore()

  /// What the thread does next.
  let lane: Locked<HandlerLane?>

  /// The thread's number, once it runs.
  private let id = Atomic<Int32>(0)

  init(_ lane: HandlerLane) { self.lane = Locked(lane) }

  /// Called by the thread itself.
  func begin() { id.store(cgrpc_thread_id(), ordering: .relaxed) }

  /// Whether the thread runs, or would if it had a processor.
  var isRunnable: Bool {
    let id = id.load(ordering: .relaxed)
    guard id != 0 else { return true }
    // Opened anew each time: a thread that is blocked keeps no descriptor.
    return !(ThreadLoad.isAsleep(thread: id) ?? false)
  }
}
