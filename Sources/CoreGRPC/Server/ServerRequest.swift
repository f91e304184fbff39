/// A request with one message, as a handler gets it.
public struct ServerRequest<Message: Sendable>: Sendable {
  /// The metadata that the client sent.
  public var metadata: Metadata

  /// The message.
  public var message: Message

  /// Whether the client had compressed the message; see ``ReceivedMessage/wasCompressed``.
  public var wasCompressed = false

  /// Creates a request.
  @inlinable
  public init(metadata: Metadata = [:], message: Message) {
    self.metadata = metadata
    self.message = message
  }
}
