/// Fields that are being written in protobuf's wire format.
struct WireFields {
  private(set) var bytes: [UInt8] = []

  mutating func appendTag(_ number: UInt32, _ wireType: WireType) {
    WireTag(number: number, wireType: wireType).forEachByte { bytes.append($0) }
  }

  mutating func append(varint value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }

  mutating func append(fixed value: some FixedWidthInteger & UnsignedInteger) {
    for shift in stride(from: 0, to: value.bitWidth, by: 8) {
      bytes.append(UInt8(truncatingIfNeeded: value >> shift))
    }
  }

  mutating func append(lengthPrefixed content: some Collection<UInt8>) {
    append(varint: UInt64(content.count))
    bytes.append(contentsOf: content)
  }

  mutating func append(fields: some Collection<UInt8>) { bytes.append(contentsOf: fields) }
}

extension UnknownFields {
  /// The fields of a number, in the order they came.
  func fields(_ number: UInt32) -> [WireField] {
    var reader = WireFieldReader(serializedBytes[...])
    var fields: [WireField] = []
    while let next = reader.next() {
      if next.number == number { fields.append(next.field) }
    }
    return fields
  }

  /// Removes the fields of a number, and writes others in the place of the first, or at the end.
  mutating func replace(_ number: UInt32, by write: (inout WireFields) -> Void) {
    var reader = WireFieldReader(serializedBytes[...])
    var kept = WireFields()
    var isWritten = false
    var start = reader.position
    while let next = reader.next() {
      if next.number == number {
        if !isWritten { write(&kept) }
        isWritten = true
      } else {
        kept.append(fields: serializedBytes[start..<reader.position])
      }
      start = reader.position
    }
    if !isWritten { write(&kept) }
    serializedBytes = kept.bytes
  }
}
