/// A received message, with the manner of its arrival.
@frozen
public struct ReceivedMessage<Message: Sendable>: Sendable {
  /// The message.
  public var message: Message

  /// Whether its sender had compressed it.
  ///
  /// Always `false` if `grpc.per_message_decompression` leaves inflating to C-core, which does not report it.
  public var wasCompressed: Bool

  /// Creates a received message, for tests and interceptors.
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - wasCompressed: Whether its sender had compressed it. Defaults to `false`.
  @inlinable
  public init(message: Message, wasCompressed: Bool = false) {
    self.message = message
    self.wasCompressed = wasCompressed
  }
}
