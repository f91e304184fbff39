/// The value of a field in protobuf's wire format.
enum WireField {
  case varint(UInt64)
  case fixed64(UInt64)
  case fixed32(UInt32)

  /// The content of a string, bytes, a sub-message, or packed numbers.
  case lengthPrefixed(ArraySlice<UInt8>)

  /// The fields between the tags of a group.
  case group(ArraySlice<UInt8>)
}

/// Reads the fields of one level of a message from an array.
struct WireFieldReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: ArraySlice<UInt8>) { rest = bytes }

  /// The position at which the next field begins.
  var position: Int { rest.startIndex }

  /// Reads the next field.
  ///
  /// - Returns: The field's number and value, or nil at the end, and where the bytes are not fields.
  mutating func next() -> (number: UInt32, field: WireField)? {
    guard let tag = varint(), let wireType = WireType(rawValue: UInt8(tag & 7)) else { return nil }
    let number = UInt32(truncatingIfNeeded: tag >> 3)
    let field: WireField? =
      switch wireType {
      case .varint: varint().map { .varint($0) }
      case .fixed64: fixed(UInt64.self).map { .fixed64($0) }
      case .fixed32: fixed(UInt32.self).map { .fixed32($0) }
      case .lengthPrefixed: lengthPrefixed().map { .lengthPrefixed($0) }
      case .groupStart: group(number).map { .group($0) }
      case .groupEnd: nil
      }
    return field.map { (number, $0) }
  }

  /// Whether all bytes were read.
  var isAtEnd: Bool { rest.isEmpty }

  mutating func varint() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: UInt64(0), to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }

  mutating func fixed<Number: FixedWidthInteger>(_ type: Number.Type) -> Number? {
    let byteCount = Number.bitWidth / 8
    guard rest.count >= byteCount else { return nil }
    defer { rest.removeFirst(byteCount) }
    return rest.prefix(byteCount).reversed().reduce(0) { $0 << 8 | Number($1) }
  }

  private mutating func lengthPrefixed() -> ArraySlice<UInt8>? {
    guard let length = varint(), length <= rest.count else { return nil }
    defer { rest.removeFirst(Int(length)) }
    return rest.prefix(Int(length))
  }

  /// Reads a group whose start has been read, without recursion: nothing bounds its depth here.
  private mutating func group(_ number: UInt32) -> ArraySlice<UInt8>? {
    let content = rest
    var open = [number]
    while true {
      let end = rest.startIndex
      guard let tag = varint(), let wireType = WireType(rawValue: UInt8(tag & 7)) else { return nil }
      switch wireType {
      case .groupStart: open.append(UInt32(truncatingIfNeeded: tag >> 3))
      case .groupEnd:
        guard open.popLast() == UInt32(truncatingIfNeeded: tag >> 3) else { return nil }
        if open.isEmpty { return content[..<end] }
      case .varint: guard varint() != nil else { return nil }
      case .fixed64: guard fixed(UInt64.self) != nil else { return nil }
      case .fixed32: guard fixed(UInt32.self) != nil else { return nil }
      case .lengthPrefixed: guard lengthPrefixed() != nil else { return nil }
      }
    }
  }
}
