import CGRPC
import Glibc

/// A thread that runs a program's code, as the observer sees it: a worker, or a poller that has been relieved.
final class ProgramThread: Sendable {
  private struct State {
    /// The number that Linux has for the thread, and the clock of its processor time; 0 before the thread runs.
    var id: Int32 = 0
    var clock: clockid_t = 0
    /// The last check and the processor time then, in nanoseconds; 0 before the first one.
    var lastCheck: UInt64 = 0
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
  /// It does not at the first check. A thread of low priority computes if it wants a processor.
  func computes() -> Bool {
    let usesProcessor = state.withLock { state -> Bool in
      if state.hasLowPriority { return true }
      var time = timespec()
      guard state.id != 0, unsafe clock_gettime(state.clock, &time) == 0 else { return false }
      let used = UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
      let now = MonotonicTime.nanoseconds
      defer { (state.lastCheck, state.usedTime) = (now, used) }
      // Beside a hundred others on one processor, a thread that computes gets a hundredth.
      return state.lastCheck != 0 && used - min(used, state.usedTime) >= (now - state.lastCheck) / 100
    }
    // The file is opened only for those.
    return usesProcessor && isRunnable
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
