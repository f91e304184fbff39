/// A response with a stream of messages, as a handler gives it.
///
/// The metadata is sent when the handler returns the response; then the producer runs. When it returns, the call ends with
/// OK; any other status is thrown as ``RPCError``.
public struct StreamingServerResponse<Message: Sendable>: Sendable {
  /// Writes the messages, and returns the metadata to send with the status.
  ///
  /// It runs once for each response, also when the client has gone meanwhile: then its task is cancelled, and writing throws.
  public typealias Producer = @Sendable (RPCWriter<Message>) async throws -> Metadata

  /// The metadata to send before the messages.
  public var metadata: Metadata

  /// Writes the messages.
  public var producer: Producer

  /// Creates a response.
  public init(metadata: Metadata = [:], producer: @escaping Producer) {
    self.metadata = metadata
    self.producer = producer
  }

  /// A stream with the one message of a response.
  public init(single response: ServerResponse<Message>) {
    self.init(metadata: response.metadata) { writer in
      try await writer.write(response.message)
      return response.trailingMetadata
    }
  }
}
