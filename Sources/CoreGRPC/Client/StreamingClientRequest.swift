/// A request with a stream of messages.
public struct StreamingClientRequest<Message: Sendable>: Sendable {
  /// Writes the messages.
  ///
  /// When it returns, the client's side of the call is closed; when it throws, the call is cancelled.
  public typealias Producer = nonisolated(nonsending) @Sendable (RPCWriter<Message>) async throws -> Void

  /// The metadata to send.
  public var metadata: Metadata

  /// Writes the messages.
  ///
  /// It runs beside the code that reads the response, and is cancelled when that is done.
  public var producer: Producer { didSet { onlyMessage = nil } }

  /// The message that the producer writes, if it writes that one and no other.
  private(set) var onlyMessage: Message?

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - metadata: The metadata to send. Defaults to none.
  ///   - producer: Writes the messages. The client's side of the call closes when it returns.
  public init(metadata: Metadata = [:], producer: @escaping Producer) {
    self.metadata = metadata
    self.producer = producer
  }

  /// A stream with the one message of a request.
  public init(single request: ClientRequest<Message>) {
    self.init(metadata: request.metadata) { writer in try await writer.write(request.message) }
    onlyMessage = request.message
  }
}
