import CoreGRPC
import Foundation

/// The end of a child process, for which a thread waits.
///
/// Foundation's `Process` now and then does not notice an end on Linux.
final class End: Sendable {
  typealias Reason = (status: Int32, wasKilled: Bool)

  private let isOver = Locked(false)
  private let result = OneShot<Reason>()

  /// - Parameter identifier: The process's number; nobody else waits for it.
  init(of identifier: Int32) {
    let thread = Thread { [self] in
      var info = siginfo_t()
      var status: Int32 = 0
      // The number stays the process's own until it has been reaped, and nobody sends it a signal after that.
      while waitid(P_PID, id_t(identifier), &info, WEXITED | WNOWAIT) != 0 { precondition(errno == EINTR) }
      isOver.withLock { isOver in
        waitpid(identifier, &status, 0)
        isOver = true
      }
      // What `WIFEXITED` and its like look at, which are macros.
      let signal = status & 0x7f
      result.fulfil(signal == 0 ? (status >> 8 & 0xff, false) : (signal, true))
    }
    thread.start()
  }

  /// Does something unless the process is over.
  func whileRunning(_ body: () -> Void) {
    isOver.withLock { isOver in
      if !isOver { body() }
    }
  }

  /// Waits for the process to end.
  ///
  /// - Returns: The exit status, or the signal that ended it.
  func reason() async -> Reason { await result.value() }
}
