public import ProtobufC

/// A message that wraps a single value, such as `google.protobuf.StringValue`.
///
/// Such messages stand for a value that may be absent. They are older than `optional` in proto3.
public protocol ProtobufWrapper: Message {
  /// The type of the value.
  associatedtype WrappedType

  /// The value.
  var value: WrappedType { get set }
}

extension ProtobufWrapper {
  /// Wraps a value.
  ///
  /// - Parameter value: The value.
  public init(_ value: WrappedType) {
    self.init()
    self.value = value
  }
}

extension Google_Protobuf_DoubleValue: ProtobufWrapper, ExpressibleByFloatLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(floatLiteral value: Double) { self.init(value) }
}

extension Google_Protobuf_FloatValue: ProtobufWrapper, ExpressibleByFloatLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(floatLiteral value: Float) { self.init(value) }
}

extension Google_Protobuf_Int64Value: ProtobufWrapper, ExpressibleByIntegerLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: Int64) { self.init(value) }
}

extension Google_Protobuf_UInt64Value: ProtobufWrapper, ExpressibleByIntegerLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: UInt64) { self.init(value) }
}

extension Google_Protobuf_Int32Value: ProtobufWrapper, ExpressibleByIntegerLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: Int32) { self.init(value) }
}

extension Google_Protobuf_UInt32Value: ProtobufWrapper, ExpressibleByIntegerLiteral {
  /// Wraps a number.
  ///
  /// - Parameter value: The number.
  public init(integerLiteral value: UInt32) { self.init(value) }
}

extension Google_Protobuf_BoolValue: ProtobufWrapper, ExpressibleByBooleanLiteral {
  /// Wraps a boolean.
  ///
  /// - Parameter value: The boolean.
  public init(booleanLiteral value: Bool) { self.init(value) }
}

extension Google_Protobuf_StringValue: ProtobufWrapper, ExpressibleByStringLiteral {
  /// Wraps a string.
  ///
  /// - Parameter value: The string.
  public init(stringLiteral value: String) { self.init(value) }
}

extension Google_Protobuf_BytesValue: ProtobufWrapper {}
