import Glibc
import Synchronization

/// Standard error, unbuffered.
public enum StandardError {
  /// Writes a line.
  public static func printLine(_ text: String) { write(text + "\n") }

  /// Writes text as it is.
  ///
  /// There is no place left to report a failure to, so none is reported.
  public static func write(_ text: String) {
    if StandardStream.error.isOpen { _ = writeAll(text, to: STDERR_FILENO) }
  }

  private static let takesLines = Mutex(true)

  /// Writes a line, unless standard error does not take it: within a second, or immediately if it did not take the line
  /// before.
  ///
  /// A part of a long line may remain.
  public static func offerLine(_ text: String) {
    guard StandardStream.error.isOpen else { return }
    takesLines.withLock { takesLines in
      var bytes = Array((text + "\n").utf8)[...]
      while !bytes.isEmpty {
        var ready = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
        takesLines = poll(&ready, 1, takesLines ? 1000 : 0) == 1
        guard takesLines else { return }
        // A pipe that is ready takes as many bytes without blocking.
        let count = bytes.prefix(Int(PIPE_BUF)).withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        guard count > 0 || errno == EINTR || errno == EAGAIN else { return }
        bytes = bytes.dropFirst(max(0, count))
      }
    }
  }

  /// Whether it is a terminal.
  public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Writes text to a descriptor.
///
/// - Returns: The system's error number; `nil` if everything was written.
func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 {
      switch errno {
      case EINTR: continue
      case EAGAIN:
        // Another program has made it non-blocking, for instance one on the same terminal.
        var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&ready, 1, -1)
        continue
      default: return errno
      }
    }
    bytes = bytes.dropFirst(written)
  }
  return nil
}
