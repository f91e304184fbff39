/// A request with a stream of messages, as a handler gets it.
@frozen
public struct StreamingServerRequest<Message: Sendable>: Sendable {
  /// The metadata that the client sent.
  public var metadata: Metadata

  /// The messages that the client sends, up to its half-close.
  public var messages: RPCAsyncSequence<Message>

  /// Creates a request.
  ///
  /// - Parameters:
  ///   - metadata: The metadata that the client sent. Defaults to none.
  ///   - messages: The messages that the client sends.
  @inlinable
  public init(metadata: Metadata = [:], messages: RPCAsyncSequence<Message>) {
    self.metadata = metadata
    self.messages = messages
  }

  /// A stream with the one message of a request.
  public init(single request: ServerRequest<Message>) {
    let message = ReceivedMessage(message: request.message, wasCompressed: request.wasCompressed)
    let messages = Locked<ReceivedMessage<Message>?>(message)
    self.init(
      metadata: request.metadata,
      messages: RPCAsyncSequence(receiving: { messages.withLock { $0.take() } })
    )
  }
}

extension ServerRequest {
  /// The first message of a stream.
  ///
  /// - Throws: ``RPCError/Code/unimplemented``, if the client ended its stream without one: see "request cardinality
  ///   violation" in <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>.
  public init(first request: StreamingServerRequest<Message>) async throws(RPCError) {
    var messages = request.messages.receivedMessages.makeAsyncIterator()
    guard let message = try await messages.next(isolation: nil) else {
      throw RPCError(code: .unimplemented, message: "the method takes one request message, but the client sent none")
    }
    self.init(metadata: request.metadata, message: message.message)
    wasCompressed = message.wasCompressed
  }
  /// Creates the request of a method that takes one message.
  ///
  /// Waits until the client has ended its stream.
  ///
  /// - Throws: ``RPCError/Code/unimplemented``, if the client did not send one message: see "request cardinality
  ///   violation" in <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>.
  @usableFromInline
  init(single request: StreamingServerRequest<Message>) async throws(RPCError) {
    var messages = request.messages.receivedMessages.makeAsyncIterator()
    guard let message = try await messages.next(isolation: nil) else {
      throw RPCError(code: .unimplemented, message: "the method takes one request message, but the client sent none")
    }
    guard try await messages.next(isolation: nil) == nil else {
      throw RPCError(code: .unimplemented, message: "the method takes one request message, but the client sent several")
    }
    self.init(metadata: request.metadata, message: message.message)
    wasCompressed = message.wasCompressed
  }
}
