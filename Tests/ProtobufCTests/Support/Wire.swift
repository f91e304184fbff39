/// Writes protobuf's wire format by hand, so that tests do not rest on the code they test.
enum Wire {
  static func varint(_ value: UInt64) -> [UInt8] {
    var rest = value
    var bytes: [UInt8] = []
    while rest >= 0x80 {
      bytes.append(UInt8(rest & 0x7f) | 0x80)
      rest >>= 7
    }
    return bytes + [UInt8(rest)]
  }

  static func tag(_ field: UInt64, wireType: UInt64) -> [UInt8] {
    varint(field << 3 | wireType)
  }

  static func number(_ field: UInt64, _ value: UInt64) -> [UInt8] {
    tag(field, wireType: 0) + varint(value)
  }

  static func bytes(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    tag(field, wireType: 2) + varint(UInt64(content.count)) + content
  }

  static func string(_ field: UInt64, _ content: String) -> [UInt8] {
    bytes(field, Array(content.utf8))
  }

  /// A message with a sub-message in the given field, that many levels deep, the innermost one empty.
  static func nested(field: UInt64, levels: Int) -> [UInt8] {
    // Built backwards: to put each level's header before what is there would take quadratic time.
    var reversed: [UInt8] = []
    let tag: [UInt8] = tag(field, wireType: 2).reversed()
    for _ in 0..<levels { reversed += varint(UInt64(reversed.count)).reversed() + tag }
    reversed.reverse()
    return reversed
  }

  /// The same bytes, again and again.
  ///
  /// Unlike `joined`, which copies byte by byte: a debug build under a sanitizer takes seconds for a few MiB.
  static func repeated(_ bytes: [UInt8], count: Int) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count * count)
    for _ in 0..<count { result += bytes }
    return result
  }
}
