import CGRPC
import Glibc
import Synchronization

/// The threads beside those that poll, which run the handlers that block or compute, each method's in a
/// ``HandlerLane``.
///
/// A thread without work waits a moment for more, and ends. If no further thread is available, by the bound or by the
/// system, jobs wait: for a thread that is done, or for the observer to try again.
final class WorkerPool: Sendable {
  /// The largest number of threads of a lane that the observer looks at.
  static let sampleSize = 8

  /// More threads than Linux has in all processes together, to compute with.
  private static let boundOfThreadCount = 1 << 22

  /// The time that a thread waits for more work.
  private static let idleTime = Duration.seconds(2)

  private struct State {
    /// All threads; each knows its place.
    var threads: [Worker] = []
    var idle: [Worker] = []
    /// The lanes with waiting jobs.
    var waiting: [HandlerLane] = []
    var hasReported = false
    /// Whether the observer looks at the lanes; `false` once its queue has stopped.
    var hasObserver = true
    /// Whether a thread looks at the lanes in the observer's place.
    var isLooking = false

    var threadCount: Int { threads.count }

    mutating func insert(_ worker: Worker) {
      unsafe worker.poolIndex = threads.count
      threads.append(worker)
    }

    mutating func remove(_ worker: Worker) {
      let last = threads.removeLast()
      guard last !== worker else { return }
      unsafe threads[worker.poolIndex] = last
      unsafe last.poolIndex = worker.poolIndex
    }
  }

  let processorCount: Int
  private let largestThreadCount: Int
  private let name: String
  private let state = ContendedLock(State())
  private let observerWakeUp: ObserverWakeUp

  /// - Parameters:
  ///   - name: The threads' name.
  ///   - largestThreadCount: The largest number of threads.
  ///   - observerWakeUp: Wakes a thread that calls ``look()``, and again while that returns `true`.
  init(name: String, largestThreadCount: Int, observerWakeUp: ObserverWakeUp) {
    self.name = name
    self.largestThreadCount = min(max(1, largestThreadCount), Self.boundOfThreadCount)
    self.processorCount = Processors.count
    self.observerWakeUp = observerWakeUp
  }

  /// Returns the number of threads that a lane may have.
  ///
  /// That is not all that the other lanes leave, so that the handlers of some methods cannot keep those of another from
  /// running.
  ///
  /// - Parameter count: The number of threads that it has.
  func limit(ofLaneWith count: Int) -> Int {
    let others = state.withLock { max(0, $0.threadCount - $0.idle.count - count) }
    return max(1, (largestThreadCount - others) * 3 / 4)
  }

  /// Starts threads that run the jobs of a lane.
  ///
  /// - Parameter count: The number of threads, all counted by the lane as running.
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
      let worker = Worker(lane)
      state.insert(worker)
      return .new(worker)
    }
    switch source {
    case .idle(let worker):
      worker.wakeUp.signal()
      return true
    case .new(let worker):
      if Thread.spawn(name: name, { [self] in run(worker) }) { return true }
      state.withLock { $0.remove(worker) }
      return false
    case .none:
      return false
    }
  }

  private func run(_ worker: Worker) {
    worker.thread.begin()
    while true {
      if let lane = worker.lane.withLock({ $0.take() }) { lane.run(on: worker) }
      let (ends, waiting) = state.withLock { state in
        // The jobs of another method get a thread of normal priority.
        let ends = worker.thread.hasLowPriority
        if ends { state.remove(worker) } else { state.idle.append(worker) }
        return (ends, state.waiting.first)
      }
      // The jobs of that lane may wait for a thread of the pool, because none was available.
      if let waiting { _ = waiting.look() }
      if ends { return }
      if worker.wakeUp.wait(atMost: Self.idleTime) { continue }
      let isSuperfluous = state.withLock { state in
        guard let index = state.idle.firstIndex(where: { $0 === worker }) else { return false }
        state.idle.remove(at: index)
        state.remove(worker)
        return true
      }
      if isSuperfluous { return }
      // Taken out of the list meanwhile, so that the signal is on its way.
      worker.wakeUp.wait()
    }
  }

  /// Makes the observer find out whether more jobs of a lane may run, because some wait.
  func requestLook(at lane: HandlerLane) {
    let hasObserver = state.withLock { state in
      if !state.waiting.contains(where: { $0 === lane }) { state.waiting.append(lane) }
      return state.hasObserver
    }
    if hasObserver { observerWakeUp.signalIfNeeded() } else { lookWithoutObserver() }
  }

  /// Notes that the observer has ended with its queue: handlers that outlive their server still need threads.
  func observerEnded() {
    state.withLock { $0.hasObserver = false }
    lookWithoutObserver()
  }

  /// Looks at the lanes as long as jobs wait, on a thread of its own.
  private func lookWithoutObserver() {
    let begins = state.withLock { state in
      if state.isLooking || state.waiting.isEmpty { return false }
      state.isLooking = true
      return true
    }
    guard begins else { return }
    let isStarted = Thread.spawn(name: "grpc-observer") { [self] in
      repeat {
        usleep(1000)
        _ = look()
      } while state.withLock { state in
        state.isLooking = !state.waiting.isEmpty
        return state.isLooking
      }
    }
    // The next waiting job tries again.
    if !isStarted { state.withLock { $0.isLooking = false } }
  }

  /// All threads of the pool.
  var threads: [Worker] { state.withLock { $0.threads } }

  /// Lowers the priority of a thread, if it is in a lane; it ends when it has no more jobs of that lane.
  func lowerPriority(of worker: Worker) {
    state.withLock { state in
      let index = unsafe worker.poolIndex
      guard index < state.threads.count, state.threads[index] === worker else { return }
      // One that waits for jobs may get those of any method next.
      guard !state.idle.contains(where: { $0 === worker }) else { return }
      worker.thread.lowerPriority()
    }
  }

  /// Whether jobs wait for a look.
  var hasWaitingJobs: Bool { state.withLock { !$0.waiting.isEmpty } }

  /// The first lane whose jobs no thread of the pool can run.
  var starvedLane: HandlerLane? { state.withLock { $0.waiting }.first { $0.isStarved } }

  /// Looks at the lanes with waiting jobs.
  ///
  /// - Returns: Whether to look again soon.
  func look() -> Bool {
    // Taken out first: a lane that gets a job meanwhile adds itself again.
    let lanes = state.withLock { state in
      defer { state.waiting = [] }
      if state.waiting.isEmpty { state.hasReported = false }
      return state.waiting
    }
    guard !lanes.isEmpty else { return false }
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
      CoreGRPCLog.reportOfServer(.error, message)
    }
    return hasWaitingJobs
  }
}

/// The signal that wakes the observer.
final class ObserverWakeUp: Sendable {
  /// Whether the observer sleeps, so that it must be woken.
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

  /// The lane whose jobs the thread runs next.
  let lane: Locked<HandlerLane?>

  /// The thread's place in the list of the lane whose jobs it runs; only the lane uses it, under its lock.
  nonisolated(unsafe) var laneIndex = 0

  /// The thread's place in the list of the pool; only the pool uses it, under its lock.
  nonisolated(unsafe) var poolIndex = 0

  /// The thread, for the observer.
  let thread = ProgramThread()

  init(_ lane: HandlerLane) { self.lane = Locked(lane) }
}
