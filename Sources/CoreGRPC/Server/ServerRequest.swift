/// A request with one message, as a handler gets it.
@frozen
public struct ServerRequest<Message: Sendable>: Sendable {
  /// The metadata that the client sent.
  public var metadata: Metadata

  /// The message.
  public var message: Message

  /// Whether the client had compressed the message; see ``ReceivedMessage/wasCompressed``.
  public var wasCompressed = false

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - metadata: The metadata that the client sent. Defaults to none.
  ///   - message: The message.
  @inlinable
  public init(metadata: Metadata = [:], message: Message) {
    self.metadata = metadata
    self.message = message
  }
}
