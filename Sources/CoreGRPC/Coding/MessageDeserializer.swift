/// Turns bytes into messages.
public protocol MessageDeserializer<Message>: Sendable {
  /// The type of the messages.
  associatedtype Message: Sendable

  /// Deserializes one message.
  ///
  /// - Parameter bytes: The whole message. Valid during the call only.
  /// - Throws: Any error. The call then ends with ``RPCError/Code/internalError`` and a message with the error's text,
  ///   which a server sends to the client, since it is about the client's own bytes. An ``RPCError`` ends the call with
  ///   its own code and message.
  func deserialize(_ bytes: RawSpan) throws -> Message

  /// Deserializes one message from the memory that gRPC received it into.
  ///
  /// A default implementation calls the other function with the message in one piece, joined first if gRPC received it
  /// in several.
  ///
  /// - Parameter buffer: The whole message.
  /// - Throws: The error of the other function.
  func deserialize(_ buffer: borrowing MessageBuffer) throws -> Message
}

extension MessageDeserializer {
  /// Joins the pieces in which gRPC received the message.
  ///
  /// - Throws: The error of ``deserialize(_:)-(RawSpan)``.
  public func deserialize(_ buffer: borrowing MessageBuffer) throws -> Message {
    try buffer.withBytes { bytes in try deserialize(bytes) }
  }
}
