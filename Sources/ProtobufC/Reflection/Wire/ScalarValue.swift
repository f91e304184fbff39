internal import ProtobufC

/// The value of a field that is not a message.
package enum ScalarValue {
  case double(Double)
  case float(Float)
  case int32(Int32)
  case int64(Int64)
  case uint32(UInt32)
  case uint64(UInt64)
  case bool(Bool)
  case string(ArraySlice<UInt8>)
  case bytes(ArraySlice<UInt8>)
  case enumeration(Int32, type: Int)
}

extension FieldType.Kind {
  /// The value that a field of this kind has without being set.
  package var zero: ScalarValue? {
    value(of: WireField(number: 1, wireType: wireType))
  }

  /// The value of a field of this kind, or nil if it is a message.
  ///
  /// - Parameter field: The field, of the wire type that goes with the kind.
  package func value(of field: WireField) -> ScalarValue? {
    let bits = field.bits
    return switch self {
    case .double: .double(Double(bitPattern: bits))
    case .float: .float(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    case .int32, .sfixed32: .int32(Int32(truncatingIfNeeded: bits))
    case .sint32: .int32(Int32(bitPattern: Self.unfolded(UInt32(truncatingIfNeeded: bits))))
    case .int64, .sfixed64: .int64(Int64(bitPattern: bits))
    case .sint64: .int64(Int64(bitPattern: Self.unfolded(bits)))
    case .uint32, .fixed32: .uint32(UInt32(truncatingIfNeeded: bits))
    case .uint64, .fixed64: .uint64(bits)
    case .bool: .bool(bits != 0)
    case .string: .string(field.content)
    case .bytes: .bytes(field.content)
    case .enumeration(let type): .enumeration(Int32(truncatingIfNeeded: bits), type: type)
    case .message, .group: nil
    }
  }

  /// Undoes the wire format's ZigZag, in which small negative numbers are small, too.
  private static func unfolded<Bits: FixedWidthInteger & UnsignedInteger>(_ bits: Bits) -> Bits {
    bits >> 1 ^ (0 &- (bits & 1))
  }
}

extension FieldType {
  /// The values of a field that is not a message, those written as one included.
  package func scalars(of values: ArraySlice<WireField>) throws(WireError) -> [ScalarValue] {
    var scalars: [ScalarValue] = []
    for value in values {
      guard value.wireType == .lengthPrefixed, kind.isPackable else {
        if let scalar = kind.value(of: value) { scalars.append(scalar) }
        continue
      }
      var scanner = WireScanner(value.content)
      while !scanner.isAtEnd {
        var element = WireField(number: number, wireType: kind.wireType)
        switch kind.wireType {
        case .fixed64: element.bits = try scanner.fixed(byteCount: 8)
        case .fixed32: element.bits = try scanner.fixed(byteCount: 4)
        default: element.bits = try scanner.varint()
        }
        if let scalar = kind.value(of: element) { scalars.append(scalar) }
      }
    }
    return scalars
  }
}
