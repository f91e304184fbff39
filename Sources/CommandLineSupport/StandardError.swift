import Glibc

/// Standard error, unbuffered.
public enum StandardError {
  /// Writes a line.
  public static func printLine(_ text: String) { write(text + "\n") }

  /// Writes text as it is.
  public static func write(_ text: String) { writeAll(text, to: STDERR_FILENO) }

  /// Whether it is a terminal.
  public static var isTerminal: Bool { isatty(STDERR_FILENO) == 1 }
}

/// Standard output, unbuffered, so that whoever reads it sees a line when it is written.
public enum StandardOutput {
  /// Writes a line.
  public static func printLine(_ text: String) { writeAll(text + "\n", to: STDOUT_FILENO) }

  /// Lets writes to a reader that is gone fail, rather than end the process.
  public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }
}

private func writeAll(_ text: String, to descriptor: Int32) {
  var bytes = Array(text.utf8)[...]
  while !bytes.isEmpty {
    let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
    if written < 0 {
      if errno == EINTR { continue }
      return
    }
    bytes = bytes.dropFirst(written)
  }
}
