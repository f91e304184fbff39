import Glibc

/// Standard output, unbuffered: its reader sees a line as soon as it is written.
public enum StandardOutput {
  /// Writes a line.
  ///
  /// - Throws: ``Failure``, when the line cannot be written, or only a part of it.
  public static func printLine(_ text: String) throws(Failure) {
    guard StandardStream.output.isOpen else { throw Failure(errno: EBADF) }
    if let error = writeAll(text + "\n", to: STDOUT_FILENO) { throw Failure(errno: error) }
  }

  /// Ignores SIGPIPE, so that a write to a pipe without a reader fails and does not end the process.
  public static func ignoreBrokenPipes() { signal(SIGPIPE, SIG_IGN) }

  /// The reason why a line could not be written.
  public struct Failure: Error, CustomStringConvertible {
    /// The system's error number.
    public let errno: Int32

    /// The reason in words.
    public var description: String { "cannot write to standard output: \(String(cString: strerror(errno)))" }
  }
}
