import Glibc

/// The files of `/proc` and `/sys`.
enum SystemFile {
  /// Returns the text of a short file, as far as 16 KiB; `nil` if it cannot be opened.
  static func text(of path: String) -> String? {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return nil }
    defer { close(file) }
    return unsafe withUnsafeTemporaryAllocation(byteCount: 16_384, alignment: 1) { text in
      let length = unsafe pread(file, text.baseAddress, text.count, 0)
      return unsafe String(decoding: text.prefix(max(0, length)), as: UTF8.self)
    }
  }
}
