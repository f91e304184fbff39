extension Google_Protobuf_Value {
  /// Creates a number.
  ///
  /// - Parameter numberValue: The number. JSON has neither infinities nor NaN.
  public init(numberValue: Double) { self.init(kind: .numberValue(numberValue)) }

  /// Creates a string.
  ///
  /// - Parameter stringValue: The string.
  public init(stringValue: String) { self.init(kind: .stringValue(stringValue)) }

  /// Creates a boolean.
  ///
  /// - Parameter boolValue: The boolean.
  public init(boolValue: Bool) { self.init(kind: .boolValue(boolValue)) }

  /// Creates a value with fields.
  ///
  /// - Parameter structValue: The fields.
  public init(structValue: Google_Protobuf_Struct) { self.init(kind: .structValue(structValue)) }

  /// Creates a list.
  ///
  /// - Parameter listValue: The list.
  public init(listValue: Google_Protobuf_ListValue) { self.init(kind: .listValue(listValue)) }
}

extension Google_Protobuf_Value: ExpressibleByNilLiteral {
  /// Creates the value `null`.
  ///
  /// Where a `Google_Protobuf_Value?` is expected, `nil` means that there is no value: write `.null`.
  ///
  /// - Parameter nilLiteral: nothing.
  public init(nilLiteral: ()) { self = .null }

  /// The value `null`.
  public static var null: Self { Self(kind: .nullValue(.nullValue)) }
}

extension Google_Protobuf_Value: ExpressibleByBooleanLiteral {
  /// Creates a boolean.
  ///
  /// - Parameter value: The boolean.
  public init(booleanLiteral value: Bool) { self.init(boolValue: value) }
}

extension Google_Protobuf_Value: ExpressibleByIntegerLiteral {
  /// Creates a number.
  ///
  /// - Parameter value: The number; all numbers are floating-point numbers.
  public init(integerLiteral value: Int64) { self.init(numberValue: Double(value)) }
}

extension Google_Protobuf_Value: ExpressibleByFloatLiteral {
  /// Creates a number.
  ///
  /// - Parameter value: The number.
  public init(floatLiteral value: Double) { self.init(numberValue: value) }
}

extension Google_Protobuf_Value: ExpressibleByStringLiteral {
  /// Creates a string.
  ///
  /// - Parameter value: The string.
  public init(stringLiteral value: String) { self.init(stringValue: value) }
}

extension Google_Protobuf_Value: ExpressibleByArrayLiteral {
  /// Creates a list.
  ///
  /// - Parameter elements: Its values.
  public init(arrayLiteral elements: Google_Protobuf_Value...) {
    self.init(listValue: Google_Protobuf_ListValue(values: elements))
  }
}

extension Google_Protobuf_Value: ExpressibleByDictionaryLiteral {
  /// Creates a value with fields.
  ///
  /// - Parameter elements: The fields; of two with one name the later counts.
  public init(dictionaryLiteral elements: (String, Google_Protobuf_Value)...) {
    self.init(structValue: Google_Protobuf_Struct(elements))
  }
}
