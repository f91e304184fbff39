extension MessageEncoder {
  /// Lowers a repeated field of numbers.
  ///
  /// The struct's count for it is the array's.
  ///
  /// - Parameter values: The numbers.
  /// - Returns: The struct's member.
  @inlinable
  public mutating func array<Element: BitwiseCopyable>(_ values: [Element]) -> UnsafeMutablePointer<Element>? {
    guard !values.isEmpty else { return nil }
    let elements = allocate(Element.self, count: values.count)
    // There is room for exactly these elements.
    _ = UnsafeMutableBufferPointer(start: elements, count: values.count).initialize(fromContentsOf: values)
    return elements
  }

  /// Lowers a repeated field whose elements have another type in C.
  ///
  /// The struct's count for it is the array's.
  ///
  /// - Parameters:
  ///   - values: The elements.
  ///   - lower: Lowers one element, by another function of the encoder it is given if it is more than a number.
  /// - Returns: The struct's member.
  @inlinable
  public mutating func array<Value, Element: BitwiseCopyable>(
    _ values: [Value],
    lower: (Value, inout MessageEncoder) -> Element
  ) -> UnsafeMutablePointer<Element>? {
    guard !values.isEmpty else { return nil }
    let elements = allocate(Element.self, count: values.count)
    // A span lends each value where it is. An array returns a copy.
    let span = values.span
    for index in span.indices {
      // In bounds: there is room for as many elements as there are values.
      (elements + index).initialize(to: lower(span[index], &self))
    }
    return elements
  }

  /// Lowers a repeated field of sub-messages.
  ///
  /// The struct's count for it is the array's.
  ///
  /// - Parameters:
  ///   - values: The sub-messages.
  ///   - layout: Their layout.
  /// - Returns: The struct's member.
  @inlinable
  public mutating func messages<Layout: MessageLayout>(
    _ values: [Layout.Value],
    as layout: Layout.Type
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Layout.CMessage>?>? {
    array(values) { value, encoder in encoder.message(value, as: layout) }
  }

  /// Lowers a map.
  ///
  /// The struct's count for it is the dictionary's.
  ///
  /// - Parameters:
  ///   - values: The map.
  ///   - layout: The layout of the map's entry.
  /// - Returns: The struct's member; the entries are in no particular order.
  @inlinable
  public mutating func map<Layout: MessageLayout, Key: Hashable, Value>(
    _ values: [Key: Value],
    as layout: Layout.Type
  ) -> UnsafeMutablePointer<UnsafeMutablePointer<Layout.CMessage>?>? where Layout.Value == (key: Key, value: Value) {
    guard !values.isEmpty else { return nil }
    let elements = allocate(UnsafeMutablePointer<Layout.CMessage>?.self, count: values.count)
    var index = 0
    for entry in values {
      // In bounds: there is room for as many entries as there are values.
      (elements + index).initialize(to: message(entry, as: layout))
      index += 1
    }
    return elements
  }
}
