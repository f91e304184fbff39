package import ProtobufC

/// Writes messages in the wire format.
package struct WireOutput {
  /// The output so far.
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(truncatingIfNeeded: rest))
  }

  package mutating func tag(_ number: UInt32, _ wireType: WireType) {
    varint(UInt64(number) << 3 | UInt64(wireType.rawValue))
  }

  /// Begins a value that its length precedes, and returns its position, for ``endLengthPrefixed(at:)``.
  package mutating func beginLengthPrefixed() -> Int {
    // Room for the length, which most often takes a byte.
    bytes.append(0)
    return bytes.count
  }

  /// Ends a value that its length precedes.
  ///
  /// A long value is moved to make room for its length, once for each level that it is in.
  package mutating func endLengthPrefixed(at start: Int) {
    let length = bytes.count - start
    guard length >= 0x80 else {
      bytes[start - 1] = UInt8(length)
      return
    }
    var prefix = WireOutput()
    prefix.varint(UInt64(length))
    bytes.replaceSubrange(start - 1..<start, with: prefix.bytes)
  }

  /// Undoes what was written from a position on.
  package mutating func truncate(to count: Int) {
    bytes.removeLast(bytes.count - count)
  }

  /// Writes a field of bytes.
  package mutating func field(_ number: UInt32, _ content: some Collection<UInt8>) {
    tag(number, .lengthPrefixed)
    varint(UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  /// Writes a field with a number.
  package mutating func field(_ number: UInt32, varint value: UInt64) {
    tag(number, .varint)
    varint(value)
  }

  /// Writes the value of a field that is not a message, without its tag.
  package mutating func scalar(_ value: ScalarValue, as kind: FieldType.Kind) {
    switch value {
    case .double(let number): fixed(number.bitPattern)
    case .float(let number): fixed(number.bitPattern)
    case .int32(let number):
      switch kind {
      case .sfixed32: fixed(UInt32(bitPattern: number))
      case .sint32: varint(UInt64(UInt32(bitPattern: number << 1 ^ number >> 31)))
      default: varint(UInt64(bitPattern: Int64(number)))
      }
    case .int64(let number):
      switch kind {
      case .sfixed64: fixed(UInt64(bitPattern: number))
      case .sint64: varint(UInt64(bitPattern: number << 1 ^ number >> 63))
      default: varint(UInt64(bitPattern: number))
      }
    case .uint32(let number):
      if kind == .fixed32 { fixed(number) } else { varint(UInt64(number)) }
    case .uint64(let number):
      if kind == .fixed64 { fixed(number) } else { varint(number) }
    case .bool(let isTrue): varint(isTrue ? 1 : 0)
    case .enumeration(let number, _): varint(UInt64(bitPattern: Int64(number)))
    case .string(let content), .bytes(let content):
      varint(UInt64(content.count))
      bytes.append(contentsOf: content)
    }
  }

  private mutating func fixed(_ value: some FixedWidthInteger) {
    var rest = value
    for _ in 0..<value.bitWidth / 8 {
      bytes.append(UInt8(truncatingIfNeeded: rest))
      rest >>= 8
    }
  }
}
