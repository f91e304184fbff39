import Synchronization

/// The thread that ends calls of servers at their deadlines, or at the ends of their connections' grace periods.
///
/// C-core's timer ends the stream, and then the handler's pending operations in it fail. For such a failure a server of
/// C-core 1.51 cancels the call, which ends the stream a second time. Of the cancellations that do not come from its
/// timer, C-core accepts one a call. So the timer is off (`grpc.enable_deadline_checking`), and this object cancels the
/// calls.
///
/// While the system gives no thread, the pollers do the thread's work.
final class ServerDeadlines: Sendable {
  static let shared = ServerDeadlines()

  /// The delay after the deadline until the server ends a call, in nanoseconds.
  ///
  /// The client has the same deadline. In this time it ends the call itself, and reports DEADLINE_EXCEEDED. If the
  /// server is first, it sends the trailers and RST_STREAM with NO_ERROR. HAProxy 2.6 forwards the trailers and, for an
  /// open request, RST_STREAM with CANCEL. A client of C-core then takes the latter for the status, unless its own
  /// deadline has passed.
  private static let delay: UInt64 = 10_000_000

  /// The shortest time between two looks at all entries, in nanoseconds: thousands of calls can have as many deadlines.
  private static let shortestWait: UInt64 = 1_000_000

  /// Returns the time at which the server ends a call with a deadline, on the clock of ``MonotonicTime``.
  ///
  /// - Parameter timeout: The time to the deadline.
  static func end(after timeout: Duration) -> UInt64 {
    let (seconds, attoseconds) = max(timeout.bounded, .zero).components
    return now + delay + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
  }

  private struct State {
    /// Unordered: most calls end long before their deadlines, so inserting and removing must be quick.
    var entries: [(time: UInt64, call: ServerCall)] = []
    /// The time at which the thread next looks at the entries.
    var nextLookTime = UInt64.max
    var hasThread = false

    mutating func insert(_ call: ServerCall, at time: UInt64) {
      call.deadlineIndex = entries.count
      entries.append((time, call))
    }

    mutating func remove(_ call: ServerCall) {
      let index = call.deadlineIndex
      guard index >= 0 else { return }
      call.deadlineIndex = -1
      let last = entries.removeLast()
      guard last.call !== call else { return }
      last.call.deadlineIndex = index
      entries[index] = last
    }

    /// Removes the calls whose deadlines have come, and finds the time of the next look.
    mutating func takeDue(now: UInt64) -> [ServerCall] {
      var due: [ServerCall] = []
      var next = UInt64.max
      for entry in entries {
        if entry.time <= now { due.append(entry.call) } else { next = min(next, entry.time) }
      }
      for call in due { remove(call) }
      nextLookTime = max(next, now + ServerDeadlines.shortestWait)
      return due
    }
  }

  private let state = ContendedLock(State())
  private let wakeUp = Semaphore()
  /// Whether there are calls and no thread.
  private let needsPollers = Atomic(false)

  private init() {}

  /// Ends a call at a time, unless the call is removed before.
  ///
  /// Called once for each call, which is kept until then.
  func insert(_ call: ServerCall, at time: UInt64) {
    let (isEarlier, hasThread) = state.withLock { state in
      state.insert(call, at: time)
      let isEarlier = time < state.nextLookTime
      if isEarlier { state.nextLookTime = time }
      defer { state.hasThread = true }
      return (isEarlier, state.hasThread)
    }
    if hasThread {
      if isEarlier { wakeUp.signal() }
    } else {
      startThread()
    }
  }

  /// Starts the thread that the state already counts as running.
  private func startThread() {
    let isStarted = Thread.spawn(name: "grpc-deadlines") { [self] in run() }
    state.withLock { state in
      if !isStarted { state.hasThread = false }
      needsPollers.store(!state.hasThread, ordering: .relaxed)
    }
  }

  /// The longest time that a poller may wait; `nil` for any time, while the deadlines have a thread.
  var longestPoll: Duration? {
    guard needsPollers.load(ordering: .relaxed) else { return nil }
    let (next, now) = (state.withLock { $0.nextLookTime }, Self.now)
    return next > now ? min(.nanoseconds(Int64(clamping: next - now)), .seconds(1)) : .zero
  }

  /// Ends the calls whose deadlines have come, if there is no thread for that.
  ///
  /// Called by pollers. Tries to start the thread each time that a deadline has come.
  func lookWithoutThread() {
    guard needsPollers.load(ordering: .relaxed) else { return }
    let (due, isMissing) = state.withLock { state -> ([ServerCall], Bool) in
      let now = Self.now
      guard !state.hasThread, state.nextLookTime <= now else { return ([], false) }
      state.hasThread = true
      return (state.takeDue(now: now), true)
    }
    guard isMissing else { return }
    startThread()
    for call in due { call.endWhenDue() }
  }

  func remove(_ call: ServerCall) { state.withLock { $0.remove(call) } }

  private func run() {
    while true {
      let (due, next) = state.withLock { state in (state.takeDue(now: Self.now), state.nextLookTime) }
      for call in due { call.endWhenDue() }
      let now = Self.now
      guard next > now else { continue }
      wakeUp.wait(atMost: min(.nanoseconds(Int64(clamping: next - now)), .seconds(3_600)))
    }
  }

  /// The time in nanoseconds, on a clock that the wall clock does not change.
  private static var now: UInt64 { MonotonicTime.nanoseconds }
}
