public import CoreGRPC
public import ProtobufC

/// Serializes protobuf messages, straight into the memory that gRPC sends.
@frozen
public struct ProtobufSerializer<Message: ProtobufC.Message>: MessageSerializer {
  /// Creates the serializer.
  @inlinable
  public init() {}

  /// Serializes a message.
  ///
  /// - Throws: Nothing. The protocol's requirement throws.
  @inlinable
  public func serialize(_ message: Message) throws -> MessageBuffer {
    message.serialize { byteCount, fill in
      MessageBuffer(byteCount: byteCount, initializingWith: fill)
    }
  }
}
