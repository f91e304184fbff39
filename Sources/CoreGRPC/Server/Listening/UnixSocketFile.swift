import Glibc

/// The file of a Unix socket on which a server listens.
///
/// C-core 1.51 removes it when the server has shut down. Newer versions do so some time afterwards, when another server
/// may have bound the path.
struct UnixSocketFile: Sendable, Hashable {
  private let path: String
  private let device: dev_t
  private let inode: ino_t

  /// Finds the file of a path that has just been bound.
  init?(atPath path: String) {
    guard let identity = Self.identity(ofPath: path) else { return nil }
    self.path = path
    (device, inode) = identity
  }

  /// Removes the file, unless another one is there by now.
  func remove() {
    guard let identity = Self.identity(ofPath: path), identity == (device, inode) else { return }
    _ = unsafe unlink(path)
  }

  private static func identity(ofPath path: String) -> (dev_t, ino_t)? {
    var status = stat()
    return unsafe lstat(path, &status) == 0 ? (status.st_dev, status.st_ino) : nil
  }
}
