public import ProtobufC

extension GoogleRPCStatus {
  /// A message of any type with the name of the type: a `google.protobuf.Any`.
  public struct Detail: Sendable, Hashable {
    /// The type: what stands behind the last `/` is the message's full name, as in
    /// `type.googleapis.com/google.rpc.ErrorInfo`.
    public var typeURL: String

    /// The message, serialized.
    public var value: [UInt8]

    /// Creates a detail of a serialized message.
    public init(typeURL: String, value: [UInt8]) {
      self.typeURL = typeURL
      self.value = value
    }

    /// Creates a detail of a message.
    public init<Value: Message>(packing message: Value) {
      self.init(typeURL: "type.googleapis.com/\(Value.protoMessageName)", value: message.serializedBytes())
    }

    /// The message's full name.
    public var messageName: String { typeURL.split(separator: "/").last.map(String.init) ?? "" }

    /// The message.
    ///
    /// - Returns: `nil`, if it is a message of another type.
    /// - Throws: `DecodingError`, if its bytes are no such message.
    public func unpack<Value: Message>(_ type: Value.Type) throws(DecodingError) -> Value? {
      guard messageName == Value.protoMessageName else { return nil }
      return try Value(serializedBytes: value)
    }
  }
}
