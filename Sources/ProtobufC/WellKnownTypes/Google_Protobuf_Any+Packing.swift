public import ProtobufC

extension Google_Protobuf_Any {
  /// Packs a message.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - typePrefix: The text before the `/` and the message's full name in ``typeURL``.
  public init(packing message: some Message, typePrefix: String = "type.googleapis.com") {
    self.init()
    typeURL = Self.typeURL(prefix: typePrefix, messageName: type(of: message).protoMessageName)
    value = message.serializedBytes()
  }

  /// The full name of the message inside: the part of ``typeURL`` after the last `/`.
  ///
  /// Nil if there is no `/` or nothing after it.
  public var messageName: String? {
    guard let slash = typeURL.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
    let name = typeURL[typeURL.utf8.index(after: slash)...]
    return name.isEmpty ? nil : String(name)
  }

  /// Whether the message inside is of a type, by its name.
  ///
  /// - Parameter type: The type.
  public func isA<Value: Message>(_ type: Value.Type) -> Bool {
    messageName == type.protoMessageName
  }

  /// Unpacks the message inside.
  ///
  /// - Parameters:
  ///   - type: The type of the message.
  ///   - limits: The limits on the cost of decoding.
  /// - Returns: The message, or nil if it is one of another type.
  /// - Throws: The fault in its bytes.
  public func unpack<Value: Message>(
    as type: Value.Type,
    limits: DecodingLimits = DecodingLimits()
  ) throws(BinaryDecodingError) -> Value? {
    guard isA(type) else { return nil }
    return try Value(serializedBytes: value, limits: limits)
  }

  private static func typeURL(prefix: String, messageName: String) -> String {
    prefix.hasSuffix("/") ? prefix + messageName : "\(prefix)/\(messageName)"
  }
}
