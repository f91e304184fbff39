import Synchronization

/// A thread that looks at the listeners of all servers of the process, every second while there are any, and at its
/// memory.
final class ListenerWatch: Sendable {
  /// A server whose listeners are looked at.
  protocol Subject: AnyObject, Sendable {
    /// Looks at the listeners; must not block.
    ///
    /// - Returns: Whether to look again soon.
    func lookAtListeners() -> Bool
  }

  static let shared = ListenerWatch()

  private static let interval = Duration.seconds(1)
  private static let shortInterval = Duration.milliseconds(125)

  private struct State {
    var subjects: [any Subject] = []
    var isRunning = false
  }

  private let state = Locked(State())
  private let wakeUp = Semaphore()
  private let failures = Atomic(0)

  private init() {}

  /// The number of times that C-core has reported that it gives up a listener.
  var failureCount: Int { failures.load(ordering: .acquiring) }

  /// Begins to look at a server's listeners.
  func add(_ subject: any Subject) {
    let isNew = state.withLock { state in
      state.subjects.append(subject)
      defer { state.isRunning = true }
      return !state.isRunning
    }
    if isNew, !Thread.spawn(name: "grpc-listeners", { [self] in run() }) {
      // The next server that is added tries again.
      state.withLock { $0.isRunning = false }
    }
  }

  /// Stops looking at a server's listeners.
  func remove(_ subject: any Subject) {
    let isLast = state.withLock { state in
      guard let index = state.subjects.firstIndex(where: { $0 === subject }) else { return false }
      state.subjects.remove(at: index)
      return state.subjects.isEmpty
    }
    if isLast { wakeUp.signal() }
  }

  /// Takes note that C-core has given up a listener of the process, and looks now.
  ///
  /// Callable where a lock of C-core may be held.
  func listenerFailed() {
    failures.add(1, ordering: .acquiringAndReleasing)
    wakeUp.signal()
  }

  private func run() {
    var trim = MemoryTrim()
    var lastTrim = ContinuousClock.now
    while true {
      let subjects = state.withLock { state in
        if state.subjects.isEmpty { state.isRunning = false }
        return state.subjects
      }
      if subjects.isEmpty { return }
      var isUnclear = false
      for subject in subjects where subject.lookAtListeners() { isUnclear = true }
      if ContinuousClock.now - lastTrim >= Self.interval {
        lastTrim = .now
        trim.lookAtProcess()
      }
      wakeUp.wait(atMost: isUnclear ? Self.shortInterval : Self.interval)
    }
  }
}
