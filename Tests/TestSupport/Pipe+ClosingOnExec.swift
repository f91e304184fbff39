import Foundation

extension Pipe {
  /// A pipe whose ends a child process does not inherit, except for those that it is given.
  convenience init(closingOnExec: Void) {
    self.init()
    for handle in [fileHandleForReading, fileHandleForWriting] { _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC) }
  }
}
