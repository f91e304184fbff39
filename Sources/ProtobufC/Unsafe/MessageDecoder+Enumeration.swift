extension MessageDecoder {
  /// Lifts a value of an enumeration.
  ///
  /// - Parameter value: the struct's member, of a C enumeration.
  /// - Returns: the value, also if it is none of the enumeration's named ones.
  @inlinable
  public func enumeration<CValue: RawRepresentable, Value: Enumeration>(_ value: CValue) -> Value
  where CValue.RawValue: FixedWidthInteger {
    Value(rawValue: Int32(truncatingIfNeeded: value.rawValue))
  }

  /// Lifts a repeated field of an enumeration.
  ///
  /// - Parameters:
  ///   - elements: the struct's member.
  ///   - count: the struct's count for it.
  /// - Returns: the values, in their order.
  @inlinable
  public func enumerations<CValue: RawRepresentable & BitwiseCopyable, Value: Enumeration>(
    _ elements: UnsafeMutablePointer<CValue>?,
    count: Int
  ) -> [Value] where CValue.RawValue: FixedWidthInteger {
    array(elements, count: count) { enumeration($0) }
  }
}
