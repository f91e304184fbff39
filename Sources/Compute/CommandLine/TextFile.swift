import Glibc

/// A file that a program reads whole.
public enum TextFile {
  /// A file that cannot be read.
  public struct Failure: Error, CustomStringConvertible {
    /// The sentence for the user, with the file's path and the system's error.
    public let description: String

    fileprivate init(_ path: String, _ reason: String) { description = "cannot read \(path): \(reason)" }
  }

  /// The identity of a file's contents, as far as the system knows them without reading.
  public struct Version: Sendable, Equatable {
    private let device, inode: UInt64
    private let size, seconds, nanoseconds: Int
    // The time of a change of whatever kind: a program can set the one above.
    private let changeSeconds, changeNanoseconds: Int

    /// The version of a file; `nil` if there is none.
    public init?(of path: String) {
      var status = stat()
      guard stat(path, &status) == 0 else { return nil }
      device = UInt64(status.st_dev)
      inode = UInt64(status.st_ino)
      size = Int(status.st_size)
      seconds = Int(status.st_mtim.tv_sec)
      nanoseconds = Int(status.st_mtim.tv_nsec)
      changeSeconds = Int(status.st_ctim.tv_sec)
      changeNanoseconds = Int(status.st_ctim.tv_nsec)
    }
  }

  /// Returns the bytes of a file.
  ///
  /// - Parameters:
  ///   - path: The path.
  ///   - limit: The largest number of bytes that the file may have. Defaults to 1 MiB.
  ///   - waits: Whether the file may be a pipe or a device, and this waits for what it has to say. Otherwise such a
  ///     file is refused. Defaults to `true`.
  /// - Throws: ``Failure``.
  public static func read(_ path: String, limit: Int = 1 << 20, waits: Bool = true) throws(Failure) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | (waits ? 0 : O_NONBLOCK))
    guard descriptor >= 0 else { throw Failure(path, String(cString: strerror(errno))) }
    defer { close(descriptor) }
    if !waits {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { throw Failure(path, String(cString: strerror(errno))) }
      // Reading a folder has an error of its own.
      let isRegular = [S_IFREG, S_IFDIR].contains(status.st_mode & S_IFMT)
      guard isRegular else { throw Failure(path, "it is not a regular file") }
    }
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = chunk.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure(path, String(cString: strerror(errno)))
      }
      if count == 0 { return bytes }
      bytes += chunk.prefix(count)
      guard bytes.count <= limit else { throw Failure(path, "it has more than \(limit) bytes") }
    }
  }

  /// Returns the lines of a regular file without the spaces around them.
  ///
  /// Empty lines, and those that begin with `#`, are left out. A pipe or a device is refused, since a call would wait
  /// for what it has to say.
  ///
  /// - Parameter path: The path.
  /// - Throws: ``Failure``, also if the file is not valid UTF-8.
  public static func entries(of path: String) throws(Failure) -> [String] {
    let bytes = try read(path, waits: false)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure(path, "it is not UTF-8") }
    return text.split(whereSeparator: \.isNewline).compactMap { line in
      let start = line.drop(while: \.isWhitespace)
      guard let end = start.lastIndex(where: { !$0.isWhitespace }), start.first != "#" else { return nil }
      return String(start[...end])
    }
  }
}
