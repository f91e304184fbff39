/// A message, and how it came.
public struct ReceivedMessage<Message: Sendable>: Sendable {
  /// The message.
  public var message: Message

  /// Whether its sender had compressed it.
  ///
  /// Never, where C-core has been told to inflate by `grpc.per_message_decompression`: it does not tell.
  public var wasCompressed: Bool

  /// Creates one, for tests and interceptors.
  @inlinable
  public init(message: Message, wasCompressed: Bool = false) {
    self.message = message
    self.wasCompressed = wasCompressed
  }
}
