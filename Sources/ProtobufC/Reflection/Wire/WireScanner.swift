internal import ProtobufC

/// Reads the fields of a message.
package struct WireScanner {
  private let bytes: ArraySlice<UInt8>
  private var position: Int

  package init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    position = bytes.startIndex
  }

  /// The next field, or nil at the end.
  package mutating func next() throws(WireError) -> WireField? {
    guard position < bytes.endIndex else { return nil }
    var field = try tag()
    switch field.wireType {
    case .varint: field.bits = try varint()
    case .fixed64: field.bits = try fixed(byteCount: 8)
    case .fixed32: field.bits = try fixed(byteCount: 4)
    case .lengthPrefixed: field.content = try lengthPrefixed()
    case .groupStart: field.content = try group(field.number)
    case .groupEnd: throw WireError()
    }
    return field
  }

  private mutating func tag() throws(WireError) -> WireField {
    let value = try varint()
    guard
      let wireType = WireType(rawValue: UInt8(value & 7)),
      let number = UInt32(exactly: value >> 3), number > 0, number < 1 << 29
    else { throw WireError() }
    return WireField(number: number, wireType: wireType)
  }

  package mutating func varint() throws(WireError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < bytes.endIndex, shift < 70 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw WireError()
  }

  package mutating func fixed(byteCount: Int) throws(WireError) -> UInt64 {
    guard byteCount <= bytes.endIndex - position else { throw WireError() }
    var value: UInt64 = 0
    for index in 0..<byteCount { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += byteCount
    return value
  }

  package var isAtEnd: Bool { position == bytes.endIndex }

  private mutating func lengthPrefixed() throws(WireError) -> ArraySlice<UInt8> {
    let length = try varint()
    guard length <= UInt64(bytes.endIndex - position) else { throw WireError() }
    let start = position
    position += Int(length)
    return bytes[start..<position]
  }

  /// Reads to the end of a group whose first tag has been read.
  private mutating func group(_ number: UInt32) throws(WireError) -> ArraySlice<UInt8> {
    let start = position
    var open = [number]
    while let number = open.last {
      let tagPosition = position
      let field = try tag()
      switch field.wireType {
      case .varint: _ = try varint()
      case .fixed64: _ = try fixed(byteCount: 8)
      case .fixed32: _ = try fixed(byteCount: 4)
      case .lengthPrefixed: _ = try lengthPrefixed()
      case .groupStart: open.append(field.number)
      case .groupEnd:
        guard field.number == number else { throw WireError() }
        open.removeLast()
        if open.isEmpty { return bytes[start..<tagPosition] }
      }
    }
    throw WireError()
  }
}
