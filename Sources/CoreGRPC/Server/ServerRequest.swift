/// A request with one message, as a handler gets it.
public struct ServerRequest<Message: Sendable>: Sendable {
  /// The metadata that the client sent.
  public var metadata: Metadata

  /// The message.
  public var message: Message

  /// Creates a request.
  public init(metadata: Metadata = [:], message: Message) {
    self.metadata = metadata
    self.message = message
  }
}
