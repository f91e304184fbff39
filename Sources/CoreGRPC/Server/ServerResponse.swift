/// A response with one message and the status OK, as a handler gives it.
///
/// Any other status is thrown as ``RPCError``.
public struct ServerResponse<Message: Sendable>: Sendable {
  /// The message.
  public var message: Message

  /// The metadata to send before the message.
  public var metadata: Metadata

  /// The metadata to send with the status.
  public var trailingMetadata: Metadata

  /// Creates a response.
  public init(message: Message, metadata: Metadata = [:], trailingMetadata: Metadata = [:]) {
    self.message = message
    self.metadata = metadata
    self.trailingMetadata = trailingMetadata
  }
}
