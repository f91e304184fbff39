/// A response with a stream of messages, as a handler gives it.
///
/// The metadata is sent when the handler returns the response; then the producer runs. When it returns, the call ends
/// with OK; any other status is thrown as ``RPCError``.
@frozen
public struct StreamingServerResponse<Message: Sendable>: Sendable {
  /// Writes the messages, and returns the metadata to send with the status.
  ///
  /// It runs once for each response, also when the client has disconnected meanwhile: then its task is cancelled, and
  /// writing throws.
  public typealias Producer = nonisolated(nonsending) @Sendable (RPCWriter<Message>) async throws -> Metadata

  /// The metadata to send before the messages.
  public var metadata: Metadata

  /// The algorithm with which the messages of this call are compressed, as far as the client accepts it.
  ///
  /// `nil`, the default, for the server's (``Server/Configuration/compression``).
  public var compression: CompressionAlgorithm?

  /// Writes the messages.
  ///
  /// It runs after the handler and the interceptors have returned, with the task-locals that the interceptors had set
  /// when they called the handler.
  public var producer: Producer { didSet { runsInScope = false } }

  /// Whether the producer runs with the task-locals of the function that made it, or does not need them.
  @usableFromInline var runsInScope = false

  /// Creates a response.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to send before the messages. Defaults to none.
  ///   - compression: The algorithm for the messages. Defaults to the server's.
  ///   - producer: Writes the messages, and returns the metadata to send with the status.
  @inlinable
  public init(
    metadata: Metadata = [:],
    compression: CompressionAlgorithm? = nil,
    producer: @escaping Producer
  ) {
    self.metadata = metadata
    self.compression = compression
    self.producer = producer
  }

  /// Creates a response that ends the call with an error, after the error's ``RPCError/initialMetadata``.
  ///
  /// - Parameters:
  ///   - messageType: The type of the messages.
  ///   - error: The error that ends the call.
  public init(of messageType: Message.Type = Message.self, error: RPCError) {
    self.init(metadata: error.initialMetadata) { _ in throw error }
    runsInScope = true
  }

  /// A stream with the one message of a response.
  public init(single response: ServerResponse<Message>) {
    self.init(metadata: response.metadata, compression: response.compression) { writer in
      try await writer.write(response.message)
      return response.trailingMetadata
    }
    runsInScope = true
  }
}
