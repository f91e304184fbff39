public import CoreGRPC
public import ProtobufC

/// Deserializes protobuf messages, straight from the memory that gRPC received them into.
@frozen
public struct ProtobufDeserializer<Message: ProtobufC.Message>: MessageDeserializer {
  /// The bounds of decoding.
  public let limits: DecodingLimits

  /// Creates the deserializer.
  @inlinable
  public init(limits: DecodingLimits = DecodingLimits()) { self.limits = limits }

  /// Deserializes a message.
  ///
  /// - Throws: `BinaryDecodingError`, when the bytes are not a message of this type or exceed the limits.
  @inlinable
  public func deserialize(_ bytes: RawSpan) throws -> Message {
    try Message(serializedBytes: bytes, limits: limits)
  }

  /// Deserializes a message from the pieces that gRPC received it in.
  ///
  /// The content of strings and bytes is copied once: from there into the message.
  ///
  /// - Throws: `BinaryDecodingError`, when the bytes are not a message of this type or exceed the limits.
  @inlinable
  public func deserialize(_ buffer: borrowing MessageBuffer) throws -> Message {
    // The pieces live until the closure returns, and the message keeps none of them: it copies.
    try unsafe buffer.withUnsafePieces { pieces in
      try unsafe Message(serializedBytes: SerializedBytes(unsafePieces: pieces), limits: limits)
    }
  }
}
