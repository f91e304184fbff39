package import ProtobufC

/// A field in the wire format: its number and one value.
package struct WireField: Sendable {
  package var number: UInt32
  package var wireType: WireType

  /// The index of the field in its message type, or 0 if that is not known.
  package var index = 0

  /// The value of a varint, or the bits of a value of fixed size; 0 for other wire types.
  package var bits: UInt64 = 0

  /// The content of a value with a length, or the fields between the tags of a group; empty for other wire types.
  package var content: ArraySlice<UInt8> = []

  /// Creates a field whose value is 0 or empty.
  package init(number: UInt32, wireType: WireType) {
    self.number = number
    self.wireType = wireType
  }
}
