/// The response of a call that succeeded.
///
/// One that fails throws ``RPCError``, which has the initial and the trailing metadata then:
///
/// ```swift
/// do {
///   let response = try await channel.unary(request: request, descriptor: method, serializer: serializer, deserializer: deserializer)
///   print(response.metadata, response.message, response.trailingMetadata)
/// } catch {
///   print(error.code, error.initialMetadata, error.metadata)
/// }
/// ```
///
/// In grpc-swift-2 a failed call is a response, too, whose `accepted` is a `Result`. Here no response of a failed call
/// exists, so neither does that property. What is `accepted`'s `failure(error)` there is thrown here; the `metadata` of
/// an accepted call that failed is ``RPCError/initialMetadata``, and its `trailingMetadata` is ``RPCError/metadata``.
@frozen
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
  ///
  /// - Parameters:
  ///   - message: The message.
  ///   - metadata: The metadata that the server sent before the message. Defaults to none.
  ///   - trailingMetadata: The metadata that the server sent with the status. Defaults to none.
  @inlinable
  public init(message: Message, metadata: Metadata = Metadata(), trailingMetadata: Metadata = Metadata()) {
    self.message = message
    self.metadata = metadata
    self.trailingMetadata = trailingMetadata
  }
}
