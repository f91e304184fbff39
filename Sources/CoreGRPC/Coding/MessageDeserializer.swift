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
}
