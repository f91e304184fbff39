import ProtobufC

/// Makes the comments in a request valid UTF-8.
///
/// protoc passes comments on as they are in the file, in whatever encoding that has. All other texts of a `.proto` file
/// are ASCII, or must be UTF-8.
struct CommentRepair {
  private var bytes: [UInt8]

  /// Replaces each byte of a comment that is not UTF-8 by a question mark.
  ///
  /// - Parameter request: A `google.protobuf.compiler.CodeGeneratorRequest`, serialized.
  /// - Returns: The request, of the same length.
  static func repaired(_ request: [UInt8]) -> [UInt8] {
    var repair = CommentRepair(bytes: request)
    repair.walk(request.indices, path: ArraySlice(Self.path))
    return repair.bytes
  }

  /// The numbers of the fields that lead from the request to its comments.
  ///
  /// `proto_file` and `source_file_descriptors`, then `source_code_info` and `location`, and there `leading_comments`,
  /// `trailing_comments` and `leading_detached_comments`.
  private static let path: [Set<UInt64>] = [[15, 17], [9], [1], [3, 4, 6]]

  private mutating func walk(_ range: Range<Int>, path: ArraySlice<Set<UInt64>>) {
    guard let fields = path.first else { return repair(range) }
    var index = range.lowerBound
    while index < range.upperBound, let tag = varint(at: &index, before: range.upperBound) {
      switch tag & 7 {
      case 0: _ = varint(at: &index, before: range.upperBound)
      case 1: index += 8
      case 2:
        guard
          let length = varint(at: &index, before: range.upperBound).flatMap(Int.init(exactly:)),
          length <= range.upperBound - index
        else { return }
        if fields.contains(tag >> 3) { walk(index..<index + length, path: path.dropFirst()) }
        index += length
      case 5: index += 4
      // protoc writes no groups.
      default: return
      }
    }
  }

  private func varint(at index: inout Int, before end: Int) -> UInt64? {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while index < end, shift < 64 {
      let byte = bytes[index]
      index += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }

  private mutating func repair(_ range: Range<Int>) {
    var index = range.lowerBound
    while index < range.upperBound {
      let length = Self.lengthOfCharacter(bytes[index..<range.upperBound])
      if length == 0 { bytes[index] = UInt8(ascii: "?") }
      index += max(length, 1)
    }
  }

  /// The number of bytes of the character that begins a text, or 0 if none does.
  private static func lengthOfCharacter(_ text: ArraySlice<UInt8>) -> Int {
    for length in 1...4 where length <= text.count {
      let character = text.prefix(length)
      if let decoded = String(validating: character, as: UTF8.self), decoded.unicodeScalars.count == 1 { return length }
    }
    return 0
  }
}
