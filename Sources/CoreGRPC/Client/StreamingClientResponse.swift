/// A response with a stream of messages.
///
/// Whether the call succeeds is known at its end: ``messages`` and ``trailingMetadata()`` throw the status of one that
/// fails. So there is no `accepted`, as in grpc-swift-2, which says beforehand whether the server has begun to answer.
/// Its parts have the same names; the trailing metadata is a function's result, and not the last one of the messages.
public struct StreamingClientResponse<Message: Sendable>: Sendable {
  /// The metadata that the server sent before the messages; empty if it sent none, or ended the call without any.
  public var metadata: Metadata

  /// The messages that the server sends.
  ///
  /// Iterating throws the status of a call that fails.
  public var messages: RPCAsyncSequence<Message>

  private let status: nonisolated(nonsending) @Sendable () async throws(RPCError) -> Metadata

  /// Creates a response, for tests and interceptors.
  ///
  /// - Parameters:
  ///   - metadata: The metadata that the server sent before the messages. Defaults to none.
  ///   - messages: The messages.
  ///   - status: Waits for the end of the call, and returns the trailing metadata. An error that is not an ``RPCError``
  ///     becomes one, see ``RPCAsyncSequence/init(receiving:)``. Defaults to an end without metadata.
  public init(
    metadata: Metadata = [:],
    messages: RPCAsyncSequence<Message>,
    status: nonisolated(nonsending) @escaping @Sendable () async throws -> Metadata = { [:] }
  ) {
    @Sendable nonisolated(nonsending) func checkedStatus() async throws(RPCError) -> Metadata {
      do { return try await status() } catch {
        throw RPCError(thrownByProgram: error, message: "the status of the response could not be determined")
      }
    }
    self.init(metadata: metadata, messages: messages, checkedStatus: checkedStatus)
  }

  /// - Parameter status: Waits for the end of the call, and returns the trailing metadata.
  init(
    metadata: Metadata,
    messages: RPCAsyncSequence<Message>,
    checkedStatus status: nonisolated(nonsending) @escaping @Sendable () async throws(RPCError) -> Metadata
  ) {
    self.metadata = metadata
    self.messages = messages
    self.status = status
  }

  /// Creates the response of a call that has failed, for tests and interceptors.
  ///
  /// Reading its messages throws `error`, and so does ``trailingMetadata()``.
  ///
  /// - Parameters:
  ///   - messageType: The type of the messages.
  ///   - error: The error with which the call failed.
  public init(of messageType: Message.Type = Message.self, error: RPCError) {
    self.init(
      metadata: error.initialMetadata,
      messages: RPCAsyncSequence({ () async throws -> Message? in throw error }),
      status: { throw error }
    )
  }

  /// The response of a call that succeeded, as a stream of its one message.
  init(single response: ClientResponse<Message>) {
    let message = Locked<ReceivedMessage<Message>?>(
      ReceivedMessage(message: response.message, wasCompressed: response.wasCompressed)
    )
    self.init(
      metadata: response.metadata,
      messages: RPCAsyncSequence(receiving: { () async throws -> ReceivedMessage<Message>? in
        message.withLock { $0.take() }
      }),
      status: { response.trailingMetadata }
    )
  }

  /// The metadata that the server sends with the status.
  ///
  /// Waits for the end of the call, which follows the last message. The function therefore receives and drops the
  /// messages that have not been read, one at a time, and ``messages`` throws ``RPCError/Code/failedPrecondition`` from
  /// then on. Read the messages first. Cancelling the task cancels the call.
  ///
  /// - Throws: The status of a call that failed, as ``RPCError``; ``RPCError/Code/failedPrecondition`` while another
  ///   task waits for a message.
  public nonisolated(nonsending) func trailingMetadata() async throws(RPCError) -> Metadata { try await status() }
}

extension ClientResponse {
  /// The response of a call with one response message.
  ///
  /// - Throws: The status of a call that failed, or ``RPCError/Code/unimplemented`` if there was not one message: see
  ///   "response cardinality violation" in <https://grpc.github.io/grpc/core/md_doc_statuscodes.html>.
  public init(single response: StreamingClientResponse<Message>) async throws(RPCError) {
    var messages = response.messages.receivedMessages.makeAsyncIterator()
    let message = try await messages.next(isolation: nil)
    if message != nil, try await messages.next(isolation: nil) != nil {
      throw RPCError.severalMessages.comingOutOfChannel()
    }
    let trailingMetadata = try await response.trailingMetadata()
    guard let message else {
      throw RPCError(code: .unimplemented, message: "the server answered OK without a message").comingOutOfChannel()
    }
    self.init(message: message.message, metadata: response.metadata, trailingMetadata: trailingMetadata)
    wasCompressed = message.wasCompressed
  }
}
