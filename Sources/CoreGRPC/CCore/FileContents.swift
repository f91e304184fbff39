import CGRPC
import Glibc

/// A small file's text, and how to tell that the file was changed.
enum FileContents {
  /// What changes with every change of a file.
  struct Stamp: Sendable, Hashable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int

    /// The stamp of the file at `path` now; `nil` if there is none.
    init?(path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      seconds = Int(status.st_mtim.tv_sec)
      nanoseconds = Int(status.st_mtim.tv_nsec)
    }
  }

  /// Far more than any list of certificates has.
  private static let maximumSize = 16 * 1024 * 1024

  /// The file's text.
  ///
  /// - Throws: What the system has against it.
  static func read(path: String) throws(CredentialsError) -> String {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw systemError() }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    while true {
      var count = 0
      let chunk = [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, initialized in
        count = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        initialized = max(0, count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw systemError()
      }
      if count == 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk
      guard bytes.count <= maximumSize else { throw CredentialsError(message: "the file is too large") }
    }
  }

  private static func systemError() -> CredentialsError { CredentialsError(message: String(cString: strerror(errno))) }
}
