/// Reads tags and lengths of protobuf's wire format, with protobuf-c's idea of what is well-formed.
struct WireReader {
  struct Tag {
    var number: UInt32
    var wireType: UInt32
  }

  private let bytes: UnsafeRawBufferPointer
  private var offset = 0

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  var isAtEnd: Bool { offset == bytes.count }

  /// Reads a field's number and wire type, or returns nil if that is not what comes.
  mutating func tag() -> Tag? {
    guard let value = varint(maximumByteCount: 5) else { return nil }
    // Five bytes hold 35 bits: three of the wire type and, to protobuf-c, 32 of the number.
    let number = UInt32(truncatingIfNeeded: value >> 3)
    return number == 0 ? nil : Tag(number: number, wireType: UInt32(value & 7))
  }

  /// Passes over a number, or returns false if none comes.
  mutating func skipNumber(wireType: UInt32) -> Bool {
    switch wireType {
    case 0: varint(maximumByteCount: 10) != nil
    case 1: content(byteCount: 8) != nil
    case 5: content(byteCount: 4) != nil
    default: false
    }
  }

  /// Reads a length and as many bytes, or returns nil if they are not all there.
  mutating func lengthPrefixed() -> UnsafeRawBufferPointer? {
    guard let length = varint(maximumByteCount: 5), length <= Int32.max else { return nil }
    return content(byteCount: Int(length))
  }

  private mutating func content(byteCount: Int) -> UnsafeRawBufferPointer? {
    guard byteCount <= bytes.count - offset else { return nil }
    defer { offset += byteCount }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<(offset + byteCount)])
  }

  private mutating func varint(maximumByteCount: Int) -> UInt64? {
    var value: UInt64 = 0
    let end = offset + min(maximumByteCount, bytes.count - offset)
    for shift in stride(from: 0 as UInt64, to: 70, by: 7) where offset < end {
      // In bounds, as `offset` is less than `end`.
      let byte = bytes[offset]
      offset += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
