/// One unary call on the client: a single batch of all six operations, in which the status alone says what happened.
///
/// It knows bytes only, so that what knows the messages' types can be specialized for them where they are known.
@usableFromInline
struct UnaryClientCall: Sendable {
  private let call: Call
  private let waitForReady: Bool?
  private let compression: Compression.Algorithm?
  private let sizeLimits: MessageSizeLimits

  init(call: Call, options: CallOptions, compression: Compression.Algorithm?) {
    self.call = call
    self.waitForReady = options.waitForReady
    self.compression = compression
    self.sizeLimits = options.sizeLimits
  }

  /// Sends the request and waits for the response.
  @usableFromInline
  nonisolated(nonsending) func exchange(
    _ message: consuming MessageBuffer,
    metadata: Metadata
  ) async throws(RPCError) -> MessageBuffer {
    try sizeLimits.checkSent(byteCount: message.byteCount)
    var batch = Batch()
    batch.sendInitialMetadata(metadata, waitsForReady: waitForReady, compression: compression)
    batch.sendMessage(message)
    batch.sendHalfClose()
    batch.receive([.receiveInitialMetadata, .receiveMessage, .receiveClose])
    try await call.finish(with: batch)

    if call.hasReceivedSecondMessage { throw RPCError.severalMessages.comingOutOfChannel() }
    if let error = call.receivedError { throw error }
    guard let answer = try call.takeReceivedMessage() else {
      // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: response cardinality violation.
      throw RPCError(code: .unimplemented, message: "the server answered OK without a message").comingOutOfChannel()
    }
    try sizeLimits.checkReceived(byteCount: answer.byteCount)
    return answer
  }

  /// What the server sent before and after the response.
  @usableFromInline var receivedMetadata: (initial: Metadata, trailing: Metadata) {
    (call.receivedInitialMetadata, call.receivedTrailingMetadata)
  }

  /// Lets the call go.
  @usableFromInline
  func close() { call.close() }
}

extension RPCError {
  /// See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: response cardinality violation.
  static var severalMessages: RPCError {
    RPCError(code: .unimplemented, message: "the server sent more than one message")
  }

  /// What a client's serializer threw.
  @usableFromInline
  static func cannotSerializeRequest(_ error: any Error) -> RPCError {
    RPCError(wrapping: error, as: .internalError, message: "cannot serialize the request").comingOutOfChannel()
  }

  /// What a client's deserializer threw.
  @usableFromInline
  static func cannotDeserializeResponse(_ error: any Error) -> RPCError {
    RPCError(wrapping: error, as: .internalError, message: "cannot deserialize the response").comingOutOfChannel()
  }
}
