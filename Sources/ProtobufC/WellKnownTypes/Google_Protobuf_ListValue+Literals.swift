extension Google_Protobuf_ListValue: ExpressibleByArrayLiteral {
  /// Creates a list.
  ///
  /// - Parameter elements: Its values.
  public init(arrayLiteral elements: Google_Protobuf_Value...) {
    self.init(values: elements)
  }

  /// A value of the list.
  ///
  /// - Parameter index: Its index, which must be one of `values`.
  public subscript(index: Int) -> Google_Protobuf_Value {
    get { values[index] }
    set { values[index] = newValue }
  }
}
