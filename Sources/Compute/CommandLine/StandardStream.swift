import Glibc

/// A descriptor that a process begins with, unless its parent has closed it.
struct StandardStream: Sendable {
  /// Whether the parent has left the descriptor open.
  let isOpen: Bool

  /// Standard output.
  static let output = StandardStream(STDOUT_FILENO)

  /// Standard error.
  static let error = StandardStream(STDERR_FILENO)

  /// Looks at the streams, and keeps the numbers of those that are closed from sockets and files: before any is opened.
  static func prepare() { _ = (output, error) }

  private init(_ descriptor: Int32) {
    let flags = fcntl(descriptor, F_GETFD)
    // What the parent has left open is not closed on `exec`. The runtime may have opened something else in its place
    // already.
    isOpen = flags >= 0 && flags & FD_CLOEXEC == 0
    // The lowest number that is free is taken: this one, or another one below it.
    while fcntl(descriptor, F_GETFD) < 0, open("/dev/null", O_RDWR | O_CLOEXEC) >= 0 {}
  }
}
