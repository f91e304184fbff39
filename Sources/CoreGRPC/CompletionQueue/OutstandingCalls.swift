import CGRPC
import Glibc
import Synchronization

/// The outstanding unary calls of a client, which are checked when they take long.
///
/// A call whose response has a second message does not end by itself: C-core keeps the status until all messages are
/// read, and the call asks for one. So a call whose message came a while ago asks for another one, see
/// ``Call/askForSecondMessage()``. Most calls have ended by then. The polling threads look at the calls once in
/// ``interval``, and wait no longer than that while there is a call.
final class OutstandingCalls: @unchecked Sendable {
  // Unchecked, because of the pointers in `State`: a call is in the list while its last batch is in flight, and the
  // batch's tag holds the call. The lock guards the list, and the links in its calls.

  /// The place of a call in the list; guarded by the list's lock.
  @safe struct Links {
    // Safe for the reason given at the list.

    fileprivate var previous, next: Unmanaged<Call>?
    fileprivate var isListed = false
    fileprivate var hadMessage = false
  }

  @safe private struct State {
    // Safe for the reason given at the list.

    var first: Unmanaged<Call>?
    /// Whether there was a call since the last look.
    var isUsed = false
    /// Whether a thread waits for events without a time limit.
    var isAsleep = false
  }

  /// The time between two looks, in nanoseconds.
  private static let interval: UInt64 = 1_000_000_000

  private let state = ContendedLock(State())

  /// The time at which the next look is due.
  private let nextLookTime = Atomic<UInt64>(0)

  /// Whether there has ever been a call.
  private let isNeeded = Atomic(false)

  private static var now: UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// Adds a call whose last batch is about to be started.
  ///
  /// - Returns: Whether a thread that waits without a time limit must be woken.
  func add(_ call: Call) -> Bool {
    isNeeded.store(true, ordering: .relaxed)
    return state.withLock { state in
      let added = unsafe Unmanaged.passUnretained(call)
      unsafe call.links = Links(previous: nil, next: state.first, isListed: true)
      unsafe state.first?._withUnsafeGuaranteedRef { unsafe $0.links.previous = unsafe added }
      unsafe state.first = added
      state.isUsed = true
      defer { state.isAsleep = false }
      return state.isAsleep
    }
  }

  /// Removes a call whose last batch has ended, if it is in the list.
  func remove(_ call: Call) {
    state.withLock { state in
      guard unsafe call.links.isListed else { return }
      let links = unsafe call.links
      unsafe links.next?._withUnsafeGuaranteedRef { unsafe $0.links.previous = unsafe links.previous }
      if let previous = unsafe links.previous {
        unsafe previous._withUnsafeGuaranteedRef { unsafe $0.links.next = unsafe links.next }
      } else {
        unsafe state.first = links.next
      }
      unsafe call.links = Links()
    }
  }

  /// Decides whether a thread may wait for events without a time limit; ``add(_:)`` asks for it to be woken then.
  func mayWaitWithoutEnd() -> Bool {
    state.withLock { state in
      guard unsafe state.first == nil, !state.isUsed else { return false }
      state.isAsleep = true
      return true
    }
  }

  /// Looks at the calls, if a look is due.
  func lookIfDue() {
    guard isNeeded.load(ordering: .relaxed) else { return }
    let now = Self.now
    let due = nextLookTime.load(ordering: .relaxed)
    guard now >= due else { return }
    let next = now + Self.interval
    guard nextLookTime.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged else { return }
    for call in overdue() { call.askForSecondMessage() }
  }

  /// Returns the calls that already had their message at the last look.
  private func overdue() -> [Call] {
    state.withLock { state in
      state.isUsed = false
      var overdue: [Call] = []
      var next = unsafe state.first
      while let link = unsafe next {
        // The caller asks a call without this lock, and the call may have ended by then.
        let call = unsafe link.takeUnretainedValue()
        if unsafe call.links.hadMessage {
          overdue.append(call)
        } else {
          unsafe call.links.hadMessage = call.memory.mayHaveReceivedMessage
        }
        unsafe next = call.links.next
      }
      return overdue
    }
  }
}
