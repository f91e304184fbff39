/// The constants of protobuf's wire format.
enum WireFormat {
  /// The largest number that a field can have.
  static var largestFieldNumber: UInt64 { (1 << 29) - 1 }

  /// A number that no field has: protobuf reserves 19000 to 19999 for its implementations.
  static var reservedFieldNumber: UInt32 { 19_000 }
}

/// The encoding of a field's value: the lowest three bits of its tag.
package enum WireType: UInt8, Sendable {
  case varint = 0
  case fixed64 = 1
  case lengthPrefixed = 2
  case groupStart = 3
  case groupEnd = 4
  case fixed32 = 5
}
