/// Turns messages into bytes.
public protocol MessageSerializer<Message>: Sendable {
  /// The type of the messages.
  associatedtype Message: Sendable

  /// Serializes a message.
  ///
  /// - Throws: Any error; the call then ends with ``RPCError/Code/internalError``, and the peer does not learn the
  ///   error's text. An ``RPCError`` keeps its code and message.
  func serialize(_ message: Message) throws -> MessageBuffer
}
