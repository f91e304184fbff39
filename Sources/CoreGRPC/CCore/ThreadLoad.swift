import CGRPC
import Glibc

/// How long a thread has had something to do: while it ran, and while it waited for a processor.
///
/// Linux counts both in `/proc/self/task/ID/schedstat`. Processor time alone would take a thread that shares its processor
/// with another process for one with time left.
final class ThreadLoad: Sendable {
  private let file: Int32

  /// Opens the current thread's counts, which any thread may then read.
  ///
  /// Where the system keeps none, the time stays 0.
  init() {
    file = open("/proc/self/task/\(cgrpc_thread_id())/schedstat", O_RDONLY | O_CLOEXEC)
  }

  deinit {
    if file >= 0 { close(file) }
  }

  /// The time since the thread's start.
  var time: Duration {
    var text = [UInt8](repeating: 0, count: 64)
    let count = pread(file, &text, text.count, 0)
    guard count > 0 else { return .zero }
    // The time run, the time waited, the number of times.
    let numbers = text[..<count].split(separator: UInt8(ascii: " ")).prefix(2)
    return numbers.reduce(.zero) { $0 + .nanoseconds(Int64(String(decoding: $1, as: UTF8.self)) ?? 0) }
  }
}
