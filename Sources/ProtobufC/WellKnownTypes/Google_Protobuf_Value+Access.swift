extension Google_Protobuf_Value {
  /// Whether this is `null`.
  public var isNull: Bool {
    if case .nullValue = kind { true } else { false }
  }

  /// The number, or nil if this is something else.
  public var numberValue: Double? {
    if case .numberValue(let value) = kind { value } else { nil }
  }

  /// The string, or nil if this is something else.
  public var stringValue: String? {
    if case .stringValue(let value) = kind { value } else { nil }
  }

  /// The boolean, or nil if this is something else.
  public var boolValue: Bool? {
    if case .boolValue(let value) = kind { value } else { nil }
  }

  /// The value with fields, or nil if this is something else.
  public var structValue: Google_Protobuf_Struct? {
    if case .structValue(let value) = kind { value } else { nil }
  }

  /// The list, or nil if this is something else.
  public var listValue: Google_Protobuf_ListValue? {
    if case .listValue(let value) = kind { value } else { nil }
  }
}
