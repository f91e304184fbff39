extension MessageDecoder {
  /// Lifts a value of an enumeration.
  ///
  /// - Parameter value: The struct's member, of a C enumeration.
  /// - Returns: The value, also if it is none of the enumeration's named ones.
  @inlinable
  public func enumeration<CValue: RawRepresentable, Value: Enumeration>(_ value: CValue) -> Value
  where CValue.RawValue: FixedWidthInteger {
    Value(rawValue: Int32(truncatingIfNeeded: value.rawValue))
  }

  /// Lifts a repeated field of an enumeration.
  ///
  /// - Parameters:
  ///   - elements: The struct's member.
  ///   - count: The struct's count for it.
  /// - Returns: The values, in their order.
  @inlinable
  public func enumerations<CValue: RawRepresentable & BitwiseCopyable, Value: Enumeration>(
    _ elements: UnsafeMutablePointer<CValue>?,
    count: Int
  ) -> [Value] where CValue.RawValue: FixedWidthInteger {
    array(elements, count: count) { enumeration($0) }
  }
}
