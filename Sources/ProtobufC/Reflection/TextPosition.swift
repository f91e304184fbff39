/// A place in a text, for errors.
package struct TextPosition: CustomStringConvertible {
  package let line: Int
  package let column: Int

  /// - Parameters:
  ///   - offset: The place.
  ///   - bytes: The text in UTF-8.
  package init(of offset: Int, in bytes: [UInt8]) {
    let before = bytes[..<offset]
    line = before.count { $0 == UInt8(ascii: "\n") } + 1
    let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    // Characters, as editors count them, without the bytes that continue one.
    column = before[lineStart...].count { $0 & 0xC0 != 0x80 } + 1
  }

  package var description: String { "line \(line), column \(column)" }
}
