import Glibc

/// A short file of `/proc`, whose text differs each time it is read.
final class CountsFile: Sendable {
  private let file: Int32

  /// Opens a file; a missing file counts as empty.
  init(_ path: String) { file = unsafe open(path, O_RDONLY | O_CLOEXEC) }

  deinit {
    if file >= 0 { close(file) }
  }

  /// Reads the first numbers, by any characters between them.
  ///
  /// Not as an array, whose memory would be allocated some hundred times a second.
  ///
  /// - Returns: The numbers; `nil` if there are not as many.
  func numbers<let count: Int>() -> InlineArray<count, Int>? {
    // Room for eight numbers of 64 bits.
    unsafe withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let length = unsafe pread(file, text.baseAddress, text.count, 0)
      var numbers = InlineArray<count, Int>(repeating: 0)
      var position = 0
      var number: Int?
      // The last number may be cut off: it counts only if another character follows it.
      for index in 0..<max(0, length) {
        let byte = unsafe text[index]
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

  /// Reads the letter after the last occurrence of a character and a space.
  func letter(behindLast mark: Unicode.Scalar) -> UInt8? {
    unsafe withUnsafeTemporaryAllocation(byteCount: 256, alignment: 1) { text in
      let text = unsafe text.prefix(max(0, pread(file, text.baseAddress, text.count, 0)))
      guard let index = unsafe text.lastIndex(of: UInt8(ascii: mark)), unsafe index + 2 < text.endIndex else {
        return nil
      }
      return unsafe text[index + 2]
    }
  }
}
