import CGRPC
import Glibc

/// A thread that runs a program's code, as the observer sees it: a worker, or a poller that has been relieved.
final class ProgramThread: Sendable {
  private struct State {
    /// The number that Linux has for the thread, and the clock of its processor time; 0 before the thread runs.
    var id: Int32 = 0
    var clock: clockid_t = 0
    /// The processor time at the last check, in nanoseconds.
    var usedTime: UInt64 = 0
    var hasLowPriority = false
  }

  private let state = Locked(State())

  /// Records the thread's number.
  ///
  /// Called by the thread itself.
  func begin() {
    var clock = clockid_t()
    unsafe pthread_getcpuclockid(pthread_self(), &clock)
    state.withLock { [clock] state in
      state.id = cgrpc_thread_id()
      state.clock = clock
    }
  }

  /// Whether the thread runs, or would if it had a processor.
  var isRunnable: Bool {
    let id = state.withLock { $0.id }
    guard id != 0 else { return true }
    // Opened anew each time: a thread that is blocked keeps no descriptor.
    return !(ThreadLoad.isAsleep(thread: id) ?? false)
  }

  /// Returns whether the thread computes: it has used a processor since the last check, and wants one now.
  ///
  /// A thread whose priority has been lowered counts until it ends.
  ///
  /// - Parameter elapsed: The time since that check, in nanoseconds.
  func computes(elapsed: UInt64) -> Bool {
    let used = state.withLock { state -> UInt64 in
      if state.hasLowPriority { return .max }
      var time = timespec()
      guard state.id != 0, unsafe clock_gettime(state.clock, &time) == 0 else { return 0 }
      let now = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
      defer { state.usedTime = now }
      return now - min(now, state.usedTime)
    }
    // Beside a hundred others on one processor, a thread that computes gets as much. The file is opened only for those.
    return used == .max || used >= elapsed / 100 && isRunnable
  }

  /// Whether other threads are to run before this one, for good.
  var hasLowPriority: Bool { state.withLock { $0.hasLowPriority } }

  /// Lowers the priority of the thread, which has not ended.
  func lowerPriority() {
    state.withLock { state in
      guard !state.hasLowPriority, state.id != 0 else { return }
      state.hasLowPriority = true
      Thread.lowerPriority(of: state.id)
    }
  }
}
