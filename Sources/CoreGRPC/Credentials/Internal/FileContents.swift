import CGRPC
import Glibc

/// The text of a small file, and a stamp that shows whether the file was changed.
enum FileContents {
  /// The values that change with every change of a file.
  struct Stamp: Sendable, Hashable {
    private let device: UInt
    private let inode: UInt
    private let size: Int
    private let seconds: Int
    private let nanoseconds: Int
    // The time of a change of whatever kind: a program can set the one above.
    private let changeSeconds: Int
    private let changeNanoseconds: Int

    /// Creates the stamp of the file at `path` now; `nil` if there is none.
    init?(path: String) {
      var status = stat()
      guard unsafe stat(path, &status) == 0 else { return nil }
      device = UInt(status.st_dev)
      inode = UInt(status.st_ino)
      size = Int(status.st_size)
      seconds = Int(status.st_mtim.tv_sec)
      nanoseconds = Int(status.st_mtim.tv_nsec)
      changeSeconds = Int(status.st_ctim.tv_sec)
      changeNanoseconds = Int(status.st_ctim.tv_nsec)
    }
  }

  /// Far more than any list of certificates or policy has.
  private static let maximumSize = 16 * 1024 * 1024

  /// Reads the file's text; bytes that are not UTF-8 become U+FFFD.
  ///
  /// - Throws: The system's error.
  static func read(path: String) throws(CredentialsError) -> String {
    String(decoding: try bytes(path: path), as: UTF8.self)
  }

  /// Reads the file's bytes.
  ///
  /// - Throws: The system's error.
  static func bytes(path: String) throws(CredentialsError) -> [UInt8] {
    // A pipe would keep the one thread that looks at files waiting.
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw .system }
    defer { close(descriptor) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else { throw .system }
    // Reading a folder has an error of its own.
    guard [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT) else {
      throw CredentialsError(message: "it is not a regular file")
    }
    var bytes: [UInt8] = []
    while true {
      var count = 0
      let chunk = unsafe [UInt8](unsafeUninitializedCapacity: 64 * 1024) { buffer, initialized in
        count = unsafe Glibc.read(descriptor, buffer.baseAddress, buffer.count)
        initialized = max(0, count)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .system
      }
      if count == 0 { return bytes }
      bytes += chunk
      guard bytes.count <= maximumSize else { throw CredentialsError(message: "the file is too large") }
    }
  }
}

extension CredentialsError {
  /// The system's error.
  static var system: Self { unsafe Self(message: String(cString: strerror(errno))) }
}
