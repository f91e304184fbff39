/// Turns bytes into messages.
public protocol MessageDeserializer<Message>: Sendable {
  /// The type of the messages.
  associatedtype Message: Sendable

  /// Deserializes one message.
  ///
  /// - Parameter bytes: The whole message. Valid during the call only.
  /// - Throws: Any error; the call then ends with ``RPCError/Code/internalError`` and a message with the error's text, which
  ///   the client learns too: it is about the client's own bytes. An ``RPCError`` keeps its code and message.
  func deserialize(_ bytes: RawSpan) throws -> Message

  /// Deserializes one message from the memory that gRPC received it into.
  ///
  /// There is no need to implement this: as it is, it calls the other function with the message in one piece, joined first if
  /// gRPC received it in several.
  ///
  /// - Parameter buffer: The whole message.
  /// - Throws: As the other function does.
  func deserialize(_ buffer: borrowing MessageBuffer) throws -> Message
}

extension MessageDeserializer {
  /// Joins what gRPC received in several pieces.
  public func deserialize(_ buffer: borrowing MessageBuffer) throws -> Message {
    try buffer.withBytes { bytes in try deserialize(bytes) }
  }
}
