import CGRPC
import Glibc

/// A clock for one job: the time for which the job holds its thread.
///
/// Where other threads compute, every job waits for a processor now and then. A job that only did that was not long: it
/// would have held up a polling thread no longer than any other code would.
struct JobClock: Sendable {
  private let began = MonotonicTime.nanoseconds
  private let useBefore = ThreadUse.current

  /// Returns the length of the job that ends now, on the thread on which the clock was made.
  ///
  /// - Parameter longJob: The length from which on it matters, in nanoseconds.
  /// - Returns: The time now, and the length, in nanoseconds: without the time for which the thread waited for a
  ///   processor, if the job took at least as long as `longJob` and waited for nothing else.
  func stop(longJob: UInt64) -> (now: UInt64, length: UInt64) {
    let now = MonotonicTime.nanoseconds
    let time = now - began
    guard time >= longJob else { return (now, time) }
    let use = ThreadUse.current
    return (now, use.waitCount == useBefore.waitCount ? use.processorTime - useBefore.processorTime : time)
  }
}

/// The processor time and the waits of the current thread since its start.
private struct ThreadUse: Sendable {
  /// The processor time, in nanoseconds.
  let processorTime: UInt64

  /// The number of times that it has waited for something other than a processor.
  let waitCount: Int

  static var current: ThreadUse {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return ThreadUse(
      processorTime: UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec),
      waitCount: cgrpc_thread_wait_count()
    )
  }
}
