import Synchronization

/// The working part of a streaming call on the client.
///
/// Receive-status stands in a batch of its own, so that the call's end is known as soon as it comes.
final class ClientStream: Sendable {
  struct End: Sendable {
    /// Why the call failed; `nil` if it succeeded.
    let error: RPCError?
    let metadata: Metadata
  }

  private let call: Call
  private let options: CallOptions
  private let end = OneShot<End>()
  private let initialMetadata = OneShot<Metadata>()
  private let producerFailure = OneShot<RPCError>()
  private let writer: MessageWriter
  /// Whether the messages that come are dropped.
  private let dropsMessages = Atomic(false)

  init(call: Call, options: CallOptions) {
    self.call = call
    self.options = options
    self.writer = MessageWriter(call: call)
  }

  /// Sends the metadata, and begins to receive.
  ///
  /// Once, before anything else.
  func start(_ metadata: Metadata) throws(RPCError) { try start(opening(metadata)) }

  /// Sends the metadata, the only message and the half-close, and begins to receive.
  ///
  /// They leave together, in one write. A half-close that follows later can meet a response that is over: some proxies reset
  /// such a call, and its status is lost.
  ///
  /// Once, before anything else.
  func start<Input: Sendable>(
    _ metadata: Metadata,
    onlyMessage: Input,
    serializer: some MessageSerializer<Input>
  ) throws(RPCError) {
    let message = try serialize(onlyMessage, with: serializer)
    var opening = opening(metadata)
    opening.sendMessage(message)
    opening.sendHalfClose()
    try start(opening)
  }

  private func opening(_ metadata: Metadata) -> Batch {
    var opening = Batch()
    opening.sendInitialMetadata(metadata, waitsForReady: options.waitForReady, compression: options.compression)
    return opening
  }

  private func start(_ opening: consuming Batch) throws(RPCError) {
    // First the one that can fail.
    try call.start(opening) { _ in }
    var status = Batch()
    status.receive(.receiveClose)
    try call.start(status) { [call, end] _ in
      end.fulfil(End(error: call.receivedError, metadata: call.receivedTrailingMetadata))
    }
    var first = Batch()
    first.receive(.receiveInitialMetadata)
    try call.start(first) { [call, initialMetadata] _ in initialMetadata.fulfil(call.receivedInitialMetadata) }
  }

  /// Runs a request's producer and half-closes.
  ///
  /// A producer that fails cancels the call, and so does one that returns in a cancelled task: it has not sent all that there
  /// was to send.
  func produce<Input: Sendable>(
    _ producer: StreamingClientRequest<Input>.Producer,
    serializer: some MessageSerializer<Input>
  ) async {
    // A function, as a closure would be one that does not run where its caller does.
    @Sendable nonisolated(nonsending) func send(_ message: Input, options: WriteOptions) async throws(RPCError) {
      try await write(message, options: options, serializer: serializer)
    }
    do {
      try await producer(RPCWriter(checked: send))
      guard !Task.isCancelled else { return call.cancel() }
      var close = Batch()
      close.sendHalfClose()
      try call.start(close) { _ in }
    } catch {
      // Whoever could not write because the server has ended the call learns that from the response.
      guard end.current == nil else { return }
      producerFailure.fulfil(RPCError(wrapping: error, as: .cancelled, message: "the request's producer failed"))
      call.cancel()
    }
  }

  /// Waits for the server's metadata.
  func response<Output: Sendable>(
    deserializer: some MessageDeserializer<Output>
  ) async -> StreamingClientResponse<Output> {
    @Sendable nonisolated(nonsending) func receive() async throws(RPCError) -> ReceivedMessage<Output>? {
      if dropsMessages.load(ordering: .relaxed) {
        let message = "the messages are dropped, as the trailing metadata was asked for: read them before"
        throw RPCError(code: .failedPrecondition, message: message)
      }
      guard let message = try await MessageReader(call: call).next() else {
        _ = try await successfulEnd()
        return nil
      }
      try options.sizeLimits.checkReceived(byteCount: message.byteCount)
      let output: Output
      do {
        output = try deserializer.deserialize(message)
      } catch {
        throw RPCError.cannotDeserializeResponse(error)
      }
      return ReceivedMessage(message: output, wasCompressed: message.wasCompressed)
    }
    @Sendable nonisolated(nonsending) func status() async throws(RPCError) -> Metadata {
      try await dropMessages()
      return try await successfulEnd()
    }
    return StreamingClientResponse(
      metadata: await initialMetadata.value(),
      messages: RPCAsyncSequence(checked: receive),
      checkedStatus: status
    )
  }

  /// Cancels what is left of the call, and waits for its end.
  func finish() async {
    if end.current == nil { call.cancel() }
    _ = await end.value()
    call.close()
  }

  func cancel() { call.cancel() }

  private nonisolated(nonsending) func write<Input: Sendable>(
    _ message: Input,
    options writeOptions: WriteOptions,
    serializer: some MessageSerializer<Input>
  ) async throws(RPCError) {
    let bytes = try serialize(message, with: serializer)
    if try await writer.write(bytes, options: writeOptions) { return }
    throw await end.value().error
      ?? RPCError(code: .cancelled, message: "the server has ended the call")
  }

  private func serialize<Input: Sendable>(
    _ message: Input,
    with serializer: some MessageSerializer<Input>
  ) throws(RPCError) -> MessageBuffer {
    let bytes: MessageBuffer
    do {
      bytes = try serializer.serialize(message)
    } catch {
      throw RPCError.cannotSerializeRequest(error)
    }
    try options.sizeLimits.checkSent(byteCount: bytes.byteCount)
    return bytes
  }

  /// Receives the messages that are left, so that the call can come to its end.
  private nonisolated(nonsending) func dropMessages() async throws(RPCError) {
    guard end.current == nil else { return }
    if call.isReceivingMessage {
      let message = "another task reads the response: ask for the trailing metadata when it is done"
      throw RPCError(code: .failedPrecondition, message: message)
    }
    dropsMessages.store(true, ordering: .relaxed)
    let reader = MessageReader(call: call)
    while end.current == nil, try await reader.next() != nil {}
  }

  private func successfulEnd() async throws(RPCError) -> Metadata {
    let end = await end.value()
    guard var error = end.error else {
      // The initial metadata may have come after the status.
      if let error = call.excessiveMetadata { throw error }
      return end.metadata
    }
    // The producer's failure is why the call was cancelled.
    if let failure = producerFailure.current { throw failure }
    error.initialMetadata = await initialMetadata.value()
    throw error.comingOutOfChannel()
  }
}
