import Glibc

/// The lock of a process on a folder, which ends with the process, whatever ends it (`flock(2)`).
///
/// Unlike the number of a process it also holds between containers that share the folder, where each has numbers of its
/// own.
final class FolderLock: Sendable {
  private let descriptor: Int32

  /// Locks a folder; `nil` if another process, or another object of this one, has it locked, or it is gone.
  init?(_ path: String) {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    // The holder of the lock before may have removed the folder.
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0, locks(path) else { return nil }
  }

  deinit { close(descriptor) }

  /// Whether a path is that of the folder.
  func locks(_ path: String) -> Bool {
    var own = stat()
    var there = stat()
    return unsafe fstat(descriptor, &own) == 0 && lstat(path, &there) == 0
      && own.st_dev == there.st_dev && own.st_ino == there.st_ino
  }
}
