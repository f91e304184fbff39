/// A request with one message.
public struct ClientRequest<Message: Sendable>: Sendable {
  /// The message.
  public var message: Message

  /// The metadata to send with it.
  public var metadata: Metadata

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - message: The message to send.
  ///   - metadata: The metadata to send. Defaults to none.
  public init(message: Message, metadata: Metadata = [:]) {
    self.message = message
    self.metadata = metadata
  }
}
