import CGRPC
import Glibc

/// The signals that a thread blocks.
///
/// The library's threads block what the program's main thread blocks, as C-core's own threads do that the main thread
/// has started, and SIGPIPE: otherwise a log whose reader has gone, or a handler that writes to a closed connection,
/// would end the process. The write fails with EPIPE instead, as on the threads of Swift's pool.
///
/// A child process inherits the mask of the thread that starts it, so one that a handler starts has the mask that it
/// would have if the main thread had started it, and SIGPIPE. As long as the main thread runs and does not block a
/// signal that is sent to the process, Linux gives it to the main thread (`complete_signal`).
struct SignalMask: Sendable, Hashable {
  /// Each signal's bit, the lowest for the signal 1.
  private var bits: UInt64 = 0

  /// The signals that a thread's own code raises.
  ///
  /// While blocked, such a signal ends the process without the program's handler for it, and Swift's backtrace is one.
  static let raisedByCode = [SIGILL, SIGTRAP, SIGFPE, SIGBUS, SIGSEGV, SIGSYS, SIGABRT]

  /// Creates the mask that blocks nothing.
  init() {}

  /// Creates a mask of the text of `/proc/PID/status`; `nil` if it has none.
  init?(status: String) {
    let mark = "SigBlk:\t"
    // By bytes: this happens for each new thread.
    guard
      let line = status.utf8.split(separator: UInt8(ascii: "\n")).first(where: { $0.starts(with: mark.utf8) }),
      let bits = UInt64(Substring(line.dropFirst(mark.utf8.count)), radix: 16)
    else { return nil }
    self.bits = bits
  }

  /// Whether the mask blocks a signal.
  func contains(_ signal: Int32) -> Bool { bits & Self.bit(signal) != 0 }

  /// Blocks a signal, too.
  mutating func insert(_ signal: Int32) { bits |= Self.bit(signal) }

  /// Blocks a signal no more.
  mutating func remove(_ signal: Int32) { bits &= ~Self.bit(signal) }

  private static func bit(_ signal: Int32) -> UInt64 { 1 << UInt64(signal - 1) }

  /// Returns the mask for a new thread of the library: that of the main thread and SIGPIPE, without the signals that
  /// code raises.
  ///
  /// Where the main thread's mask cannot be read, because the process has no descriptor left or no `/proc`, that of the
  /// current thread stands in for it.
  ///
  /// - Parameter status: Returns the text of the main thread's status; `nil` if it cannot be read.
  static func forNewThread(
    status: () -> String? = { SystemFile.text(of: "/proc/self/status") }
  ) -> SignalMask {
    var mask = SignalMask()
    for _ in 0..<10 {
      guard let read = status().flatMap(SignalMask.init(status:)) else {
        mask = .ofCurrentThread
        break
      }
      mask = read
      // While it starts a thread or a process, Glibc blocks all signals of the main thread.
      if !mask.contains(SIGSEGV) { break }
      usleep(100)
    }
    for signal in raisedByCode { mask.remove(signal) }
    mask.insert(SIGPIPE)
    return mask
  }

  /// The mask of the current thread.
  static var ofCurrentThread: SignalMask {
    var set = sigset_t()
    unsafe pthread_sigmask(SIG_BLOCK, nil, &set)
    var mask = SignalMask()
    for signal in 1...64 as ClosedRange<Int32> where unsafe sigismember(&set, signal) == 1 { mask.insert(signal) }
    return mask
  }

  /// Makes this the mask of the current thread.
  func apply() {
    var set = sigset_t()
    unsafe sigemptyset(&set)
    for signal in 1...64 as ClosedRange<Int32> where contains(signal) { unsafe sigaddset(&set, signal) }
    unsafe pthread_sigmask(SIG_SETMASK, &set, nil)
  }
}
