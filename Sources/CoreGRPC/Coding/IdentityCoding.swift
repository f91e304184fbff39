/// Sends bytes as they are: for proxies, for other serialization formats, for tests.
public struct IdentitySerializer: MessageSerializer {
  /// Creates the serializer.
  public init() {}

  /// Copies the bytes into a message.
  public func serialize(_ message: [UInt8]) throws -> MessageBuffer { MessageBuffer(copying: message.span.bytes) }
}

/// Receives bytes as they are: for proxies, for other serialization formats, for tests.
public struct IdentityDeserializer: MessageDeserializer {
  /// Creates the deserializer.
  public init() {}

  /// Copies the bytes out of a message.
  public func deserialize(_ bytes: RawSpan) throws -> [UInt8] {
    [UInt8](copying: bytes)
  }
}
