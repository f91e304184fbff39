/// One unary call on the client: a single batch of all six operations, in which the status alone tells the result.
///
/// Where such a batch and the search for a second message do not go together, the status has a batch of its own: see
/// ``ChannelArguments/allowsSecondMessage(_:)``.
///
/// It handles bytes only, so that code that handles messages can be specialized where their types are known.
@usableFromInline
struct UnaryClientCall: Sendable {
  private let call: Call
  private let receivesStatusSeparately: Bool
  private let waitForReady: Bool?
  private let compression: CompressionAlgorithm?
  private let sizeLimits: MessageSizeLimits

  init(call: Call, receivesStatusSeparately: Bool, options: CallOptions, compression: CompressionAlgorithm?) {
    self.call = call
    self.receivesStatusSeparately = receivesStatusSeparately
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
    do throws(RPCError) {
      try sizeLimits.checkSent(byteCount: message.byteCount)
      var batch = Batch()
      batch.sendInitialMetadata(metadata, waitsForReady: waitForReady, compression: compression)
      batch.sendMessage(message)
      batch.sendHalfClose()
      batch.receive([.receiveInitialMetadata, .receiveMessage])
      if receivesStatusSeparately {
        try await endAndWaitInTwoBatches(batch)
      } else {
        batch.receive(.receiveClose)
        try await call.endAndWait(with: batch)
      }

      if call.hasReceivedSecondMessage { throw RPCError.severalMessages.comingOutOfChannel() }
      if let error = call.receivedError { throw error }
      guard let answer = try call.takeReceivedMessage() else {
        // A cancellation can drop the message of a call whose status has come.
        if call.isCancelledHere { throw RPCError.cancelledTask.comingOutOfChannel() }
        // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: response cardinality violation.
        throw RPCError(code: .unimplemented, message: "the server answered OK without a message").comingOutOfChannel()
      }
      try sizeLimits.checkReceived(byteCount: answer.byteCount)
      return answer
    } catch {
      throw failed(error)
    }
  }

  /// Starts a batch with all operations but the status, and one with the status, and waits for both.
  private nonisolated(nonsending) func endAndWaitInTwoBatches(_ first: consuming Batch) async throws(RPCError) {
    let firstEnd = Promise<Void>()
    try call.start(first) { _ in firstEnd.fulfil(()) }
    var status = Batch()
    status.receive(.receiveClose)
    try await call.endAndWait(with: status)
    // The end of a call ends all of its operations.
    await firstEnd.value()
  }

  /// The metadata that the server sent before and after the response.
  @usableFromInline var receivedMetadata: (initial: Metadata, trailing: Metadata) {
    (call.receivedInitialMetadata, call.receivedTrailingMetadata)
  }

  /// Notes that the call fails with an error.
  ///
  /// - Returns: The error.
  @usableFromInline
  func failed(_ error: RPCError) -> RPCError {
    call.measurement?.code = Status.Code(error.code)
    return error
  }

  /// Releases the call.
  @usableFromInline
  func close() {
    if let measurement = call.measurement { measurement.end(measurement.code ?? .ok, peer: .call(call)) }
    call.close()
  }
}

extension RPCError {
  /// The error of a response with more than one message.
  ///
  /// See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: response cardinality violation.
  static var severalMessages: RPCError {
    RPCError(code: .unimplemented, message: "the server sent more than one message")
  }

  /// The error of a call whose task was cancelled.
  static var cancelledTask: RPCError { RPCError(code: .cancelled, message: "the task was cancelled") }

  /// Returns the error for a failure of a client's serializer.
  @usableFromInline
  static func cannotSerializeRequest(_ error: any Error) -> RPCError {
    RPCError(wrapping: error, as: .internalError, message: "cannot serialize the request").comingOutOfChannel()
  }

  /// Returns the error for a failure of a client's deserializer.
  @usableFromInline
  static func cannotDeserializeResponse(_ error: any Error) -> RPCError {
    RPCError(wrapping: error, as: .internalError, message: "cannot deserialize the response").comingOutOfChannel()
  }
}
