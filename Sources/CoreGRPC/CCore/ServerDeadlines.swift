/// Ends the calls of servers at their deadlines, on a thread of its own.
///
/// C-core's timer ends the stream, and then what the handler waits for in it fails; for that failure a server of C-core 1.51 cancels
/// the call, which ends the stream once more. Of the cancellations that do not come from its timer C-core takes one a call. So that
/// timer is off (`grpc.enable_deadline_checking`), and the calls are cancelled from here.
final class ServerDeadlines: Sendable {
  static let shared = ServerDeadlines()

  /// How much later than the deadline a call is ended, in nanoseconds.
  ///
  /// The client, whose deadline is the same, ends the call by itself then, and tells DEADLINE_EXCEEDED. A proxy between the two may
  /// make CANCELLED of what the server says in the same moment.
  private static let delay: UInt64 = 10_000_000

  private struct State {
    /// In no order: most calls end long before their deadlines, so that going in and out must be quick.
    var entries: [(time: UInt64, call: ServerCall)] = []
    /// When the thread looks next.
    var nextLook = UInt64.max
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

    /// Takes the calls out whose deadlines have come, and finds the next deadline.
    mutating func takeDue(now: UInt64) -> [ServerCall] {
      var due: [ServerCall] = []
      var next = UInt64.max
      for entry in entries {
        if entry.time <= now { due.append(entry.call) } else { next = min(next, entry.time) }
      }
      for call in due { remove(call) }
      nextLook = next
      return due
    }
  }

  private let state = Locked(State())
  private let wakeUp = Semaphore()

  private init() {}

  /// Has a call end when some time has passed, unless it is removed before.
  ///
  /// Once for each call, which is kept until then.
  func insert(_ call: ServerCall, after timeout: Duration) {
    let (seconds, attoseconds) = max(timeout.bounded, .zero).components
    let time = Self.now + Self.delay + UInt64(seconds) * 1_000_000_000 + UInt64(attoseconds / 1_000_000_000)
    let (isEarlier, hasThread) = state.withLock { state in
      state.insert(call, at: time)
      let isEarlier = time < state.nextLook
      if isEarlier { state.nextLook = time }
      defer { state.hasThread = true }
      return (isEarlier, state.hasThread)
    }
    if hasThread {
      if isEarlier { wakeUp.signal() }
    } else if !Thread.spawn(name: "grpc-deadlines", { [self] in run() }) {
      // Not now: the next call with a deadline tries again.
      state.withLock { $0.hasThread = false }
    }
  }

  func remove(_ call: ServerCall) { state.withLock { $0.remove(call) } }

  private func run() {
    while true {
      let (due, next) = state.withLock { state in (state.takeDue(now: Self.now), state.nextLook) }
      for call in due { call.deadlineCame() }
      let now = Self.now
      guard next > now else { continue }
      wakeUp.wait(atMost: min(.nanoseconds(Int64(clamping: next - now)), .seconds(3_600)))
    }
  }

  /// The time in nanoseconds, on a clock that the wall clock does not change.
  private static var now: UInt64 { MonotonicTime.nanoseconds }
}
