import Glibc

/// A short file of `/proc`, which says something else each time it is read.
final class CountsFile: Sendable {
  private let file: Int32

  /// Opens a file; where there is none, it is empty.
  init(_ path: String) { file = open(path, O_RDONLY | O_CLOEXEC) }

  deinit {
    if file >= 0 { close(file) }
  }

  /// Reads the first numbers, by any characters between them.
  ///
  /// Not as an array, whose memory would be allocated some hundred times a second.
  ///
  /// - Returns: `nil` if there are not as many.
  func numbers<let count: Int>() -> InlineArray<count, Int>? {
    // Room for eight numbers of 64 bits.
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let length = pread(file, text.baseAddress, text.count, 0)
      var numbers = InlineArray<count, Int>(repeating: 0)
      var position = 0
      var number: Int?
      // The last one may be cut off: it counts only if something follows it.
      for byte in text.prefix(max(0, length)) {
        if (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) {
          number = (number ?? 0) &* 10 &+ Int(byte - UInt8(ascii: "0"))
        } else if let complete = number {
          numbers[position] = complete
          position += 1
          if position == count { return numbers }
          number = nil
        }
      }
      return nil
    }
  }

  /// Reads the letter that stands behind a character and a space, where that character stands last.
  func letter(behindLast mark: Unicode.Scalar) -> UInt8? {
    withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let text = text.prefix(max(0, pread(file, text.baseAddress, text.count, 0)))
      guard let index = text.lastIndex(of: UInt8(ascii: mark)), index + 2 < text.endIndex else { return nil }
      return text[index + 2]
    }
  }
}
