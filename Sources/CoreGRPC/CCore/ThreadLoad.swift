import CGRPC

/// How long a thread has had something to do: while it ran, and while it waited for a processor.
///
/// Linux counts both in `/proc/self/task/ID/schedstat`. Processor time alone would take a thread that shares its processor
/// with another process for one with time left.
final class ThreadLoad: Sendable {
  private let counts: CountsFile

  /// Opens the current thread's counts, which any thread may then read.
  ///
  /// Where the system keeps none, the time stays 0.
  init() { counts = CountsFile("/proc/self/task/\(cgrpc_thread_id())/schedstat") }

  /// The time since the thread's start.
  var time: Duration {
    // The time run and the time waited, in nanoseconds; then the number of times.
    guard let times = counts.numbers(2) else { return .zero }
    return .nanoseconds(times[0] + times[1])
  }
}
