import Glibc

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
