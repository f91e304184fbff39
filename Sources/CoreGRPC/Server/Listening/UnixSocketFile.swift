import Glibc

/// The file of a Unix socket on which a server listens.
///
/// C-core 1.51 removes it when it stops listening. Newer versions do so some time afterwards: see
/// ``EngineCapabilities/removesSocketFiles``.
final class UnixSocketFile: Sendable {
  /// `O_PATH` of open(2), which Swift does not import: a descriptor for a file that is not opened.
  private static let pathOnly: Int32 = 0o10_000_000

  private let path: String

  /// A descriptor of the file, for as long as which no other file gets the same number (inode).
  private let descriptor: Int32

  /// Opens the file of a path that has just been bound; `nil` if it cannot be opened.
  init?(atPath path: String) {
    self.path = path
    descriptor = unsafe open(path, Self.pathOnly | O_NOFOLLOW | O_CLOEXEC)
    if descriptor < 0 { return nil }
  }

  deinit { close(descriptor) }

  /// Removes the file, unless another server has bound the path since.
  func remove() {
    var ours = stat()
    var present = stat()
    guard unsafe fstat(descriptor, &ours) == 0, unsafe lstat(path, &present) == 0 else { return }
    guard ours.st_dev == present.st_dev, ours.st_ino == present.st_ino else { return }
    _ = unsafe unlink(path)
  }
}
