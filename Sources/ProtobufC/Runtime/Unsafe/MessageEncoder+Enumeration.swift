extension MessageEncoder {
  /// Lowers a value of an enumeration.
  ///
  /// - Parameter value: The value.
  /// - Returns: The struct's member.
  @inlinable
  public func enumeration<CValue: RawRepresentable, Value: Enumeration>(_ value: Value) -> CValue
  where CValue.RawValue: FixedWidthInteger {
    guard let value = CValue(rawValue: CValue.RawValue(truncatingIfNeeded: value.rawValue)) else {
      preconditionFailure("the C enumeration has no such value")
    }
    return value
  }

  /// Lowers a repeated field of an enumeration.
  ///
  /// The struct's count for it is the array's.
  ///
  /// - Parameter values: The values.
  /// - Returns: The struct's member.
  @inlinable
  public mutating func enumerations<CValue: RawRepresentable & BitwiseCopyable, Value: Enumeration>(
    _ values: [Value]
  ) -> UnsafeMutablePointer<CValue>? where CValue.RawValue: FixedWidthInteger {
    array(values) { value, encoder in encoder.enumeration(value) }
  }
}
