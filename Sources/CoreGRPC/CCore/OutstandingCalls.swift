import CGRPC
import Glibc
import Synchronization

/// The unary calls of a client that are under way, so that those which take long are looked at.
///
/// A call whose response has a second message does not end by itself: C-core keeps the status until all messages are read, and
/// the call asks for one. So a call whose message came a while ago is asked for another one, see ``Call/askForSecondMessage()``.
/// Most calls have ended by then. The threads that poll do the looking, once in ``interval``, and wait no longer than that while
/// there is a call.
final class OutstandingCalls: @unchecked Sendable {
  // Unchecked, because of the pointers in `State`: a call is in the list while its last batch is in flight, and the batch's tag
  // holds the call. The lock guards the list, and the links in its calls.

  /// The place of a call in the list; guarded by the list's lock.
  struct Links {
    fileprivate var previous, next: Unmanaged<Call>?
    fileprivate var isListed = false
    fileprivate var hadMessage = false
  }

  private struct State {
    var first: Unmanaged<Call>?
    /// Whether there was a call since the last look.
    var isUsed = false
    /// Whether a thread waits for events without end.
    var isAsleep = false
  }

  /// The time between two looks, in nanoseconds.
  private static let interval: UInt64 = 1_000_000_000

  private let state = Locked(State())

  /// When the next look is due.
  private let nextLook = Atomic<UInt64>(0)

  /// Whether there has ever been a call.
  private let isNeeded = Atomic(false)

  private static var now: UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }

  /// Adds a call whose last batch is about to be started.
  ///
  /// - Returns: Whether a thread that waits without end must be woken.
  func add(_ call: Call) -> Bool {
    isNeeded.store(true, ordering: .relaxed)
    return state.withLock { state in
      let added = Unmanaged.passUnretained(call)
      call.links = Links(previous: nil, next: state.first, isListed: true)
      state.first?._withUnsafeGuaranteedRef { $0.links.previous = added }
      state.first = added
      state.isUsed = true
      defer { state.isAsleep = false }
      return state.isAsleep
    }
  }

  /// Removes a call whose last batch has ended, if it is in the list.
  func remove(_ call: Call) {
    state.withLock { state in
      guard call.links.isListed else { return }
      let links = call.links
      links.next?._withUnsafeGuaranteedRef { $0.links.previous = links.previous }
      if let previous = links.previous {
        previous._withUnsafeGuaranteedRef { $0.links.next = links.next }
      } else {
        state.first = links.next
      }
      call.links = Links()
    }
  }

  /// Whether a thread may wait for events without end; ``add(_:)`` asks for it to be woken then.
  func mayWaitWithoutEnd() -> Bool {
    state.withLock { state in
      guard state.first == nil, !state.isUsed else { return false }
      state.isAsleep = true
      return true
    }
  }

  /// Looks at the calls, if it is time.
  func lookIfDue() {
    guard isNeeded.load(ordering: .relaxed) else { return }
    let now = Self.now
    let due = nextLook.load(ordering: .relaxed)
    guard now >= due else { return }
    let next = now + Self.interval
    guard nextLook.compareExchange(expected: due, desired: next, ordering: .relaxed).exchanged else { return }
    for call in overdue() { call.askForSecondMessage() }
  }

  /// The calls that had their message at the last look already.
  private func overdue() -> [Call] {
    state.withLock { state in
      state.isUsed = false
      var overdue: [Call] = []
      var next = state.first
      while let link = next {
        // The caller asks a call without this lock, by when the call may have ended.
        let call = link.takeUnretainedValue()
        if call.links.hadMessage {
          overdue.append(call)
        } else {
          call.links.hadMessage = call.memory.mayHaveReceivedMessage
        }
        next = call.links.next
      }
      return overdue
    }
  }
}
