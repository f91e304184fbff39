extension Google_Protobuf_Struct: ExpressibleByDictionaryLiteral {
  /// Creates a struct.
  ///
  /// - Parameter elements: The fields; of two with one name the later counts.
  public init(dictionaryLiteral elements: (String, Google_Protobuf_Value)...) {
    self.init(elements)
  }

  init(_ elements: [(String, Google_Protobuf_Value)]) {
    self.init(fields: Dictionary(elements) { _, last in last })
  }

  /// The value of a field, or nil if there is no such field.
  ///
  /// To set a field to `null`, set it to `.null`: `nil` removes it.
  ///
  /// - Parameter name: The field's name.
  public subscript(name: String) -> Google_Protobuf_Value? {
    get { fields[name] }
    set { fields[name] = newValue }
  }
}
