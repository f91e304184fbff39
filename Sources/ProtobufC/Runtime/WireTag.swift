/// The tag before the value of a field.
struct WireTag: Equatable {
  /// The field's number.
  var number: UInt32

  /// The encoding of the value.
  var wireType: WireType

  /// Calls a function with each byte of the tag, as few as it takes.
  func forEachByte(_ body: (UInt8) -> Void) {
    var rest = number << 3 | UInt32(wireType.rawValue)
    while rest >= 0x80 {
      body(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    body(UInt8(rest))
  }
}
