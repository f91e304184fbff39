/// Turns messages into bytes.
public protocol MessageSerializer<Message>: Sendable {
  /// The type of the messages.
  associatedtype Message: Sendable

  /// Serializes a message.
  ///
  /// - Parameter message: The message.
  /// - Returns: The bytes of the message.
  /// - Throws: Any error. The call then ends with ``RPCError/Code/internalError``, and the peer does not get the
  ///   error's text. An ``RPCError`` ends the call with its own code and message.
  func serialize(_ message: Message) throws -> MessageBuffer
}
