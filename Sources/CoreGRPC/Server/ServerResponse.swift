/// A response with one message and the status OK, as a handler gives it.
///
/// Any other status is thrown as ``RPCError``, whose ``RPCError/initialMetadata`` and ``RPCError/metadata`` are sent,
/// too.
@frozen
public struct ServerResponse<Message: Sendable>: Sendable {
  /// The message.
  public var message: Message

  /// The metadata to send before the message.
  public var metadata: Metadata

  /// The metadata to send with the status.
  public var trailingMetadata: Metadata

  /// The algorithm with which the message is compressed, as far as the client accepts it.
  ///
  /// `nil`, the default, for the server's (``Server/Configuration/compression``).
  public var compression: CompressionAlgorithm?

  /// Creates a response.
  ///
  /// - Parameters:
  ///   - message: The message to send.
  ///   - metadata: The metadata to send before the message. Defaults to none.
  ///   - trailingMetadata: The metadata to send with the status. Defaults to none.
  ///   - compression: The algorithm for the message. Defaults to the server's.
  @inlinable
  public init(
    message: Message,
    metadata: Metadata = Metadata(),
    trailingMetadata: Metadata = Metadata(),
    compression: CompressionAlgorithm? = nil
  ) {
    self.message = message
    self.metadata = metadata
    self.trailingMetadata = trailingMetadata
    self.compression = compression
  }
}
