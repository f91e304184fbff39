/// Sends bytes unchanged: for proxies, for other serialization formats, for tests.
public struct IdentitySerializer: MessageSerializer {
  /// Creates the serializer.
  public init() {}

  /// Copies the bytes into a message.
  ///
  /// - Throws: Nothing. The protocol's requirement throws.
  public func serialize(_ message: [UInt8]) throws -> MessageBuffer {
    unsafe MessageBuffer(copying: message.span.bytes)
  }
}

/// Receives bytes unchanged: for proxies, for other serialization formats, for tests.
public struct IdentityDeserializer: MessageDeserializer {
  /// Creates the deserializer.
  public init() {}

  /// Copies the bytes out of a message.
  ///
  /// - Throws: Nothing. The protocol's requirement throws.
  public func deserialize(_ bytes: RawSpan) throws -> [UInt8] {
    [UInt8](copying: bytes)
  }
}
