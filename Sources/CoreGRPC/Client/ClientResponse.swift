/// The response of a call that succeeded.
///
/// One that fails throws ``RPCError``, which has the initial and the trailing metadata then.
public struct ClientResponse<Message: Sendable>: Sendable {
  /// The metadata that the server sent before the message.
  public var metadata: Metadata

  /// The message.
  public var message: Message

  /// The metadata that the server sent with the status.
  public var trailingMetadata: Metadata

  /// Whether the server had compressed the message; see ``ReceivedMessage/wasCompressed``.
  public var wasCompressed = false

  /// Creates a response.
  @inlinable
  public init(message: Message, metadata: Metadata = Metadata(), trailingMetadata: Metadata = Metadata()) {
    self.message = message
    self.metadata = metadata
    self.trailingMetadata = trailingMetadata
  }
}
