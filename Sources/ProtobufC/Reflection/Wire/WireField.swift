/// The value of a field in the wire format, as it came.
package struct WireField: Sendable {
  package var number: UInt32
  package var kind: WireKind

  /// The index of the field in its message type, if it is known.
  package var index = 0

  /// The number, if the value is one.
  package var bits: UInt64 = 0

  /// The bytes, if the value is some: of a group those between its tags.
  package var content: ArraySlice<UInt8> = []

  /// Creates a field whose value is 0 or empty.
  package init(number: UInt32, kind: WireKind) {
    self.number = number
    self.kind = kind
  }
}
