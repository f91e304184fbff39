import Synchronization

/// The working part of a streaming call on the client.
///
/// Receive-status is in a batch of its own, so that the call's end is known as soon as it comes.
final class ClientStream: Sendable {
  struct End: Sendable {
    /// The error of a call that failed; `nil` if it succeeded.
    let error: RPCError?
    let metadata: Metadata
  }

  private let call: Call
  private let options: CallOptions
  private let attempts: ClientAttempts?
  private let end = Promise<End>()
  private let initialMetadata = Promise<Metadata>()
  private let producerFailure = Promise<RPCError>()
  private let writer: MessageWriter
  /// Whether the received messages are dropped.
  private let dropsMessages = Atomic(false)

  /// The code of the failure that has this end cancel the call, and that its caller sees; -1 without one.
  private let failureCode = Atomic(-1)

  /// - Parameter attempts: The record of the call's attempts; `nil` if neither observers nor interceptors follow it.
  init(call: Call, options: CallOptions, attempts: ClientAttempts?) {
    self.call = call
    self.options = options
    self.attempts = attempts
    self.writer = MessageWriter(call: call)
  }

  /// Sends the metadata, and begins to receive.
  ///
  /// Called once, before anything else.
  func start(_ metadata: Metadata) throws(RPCError) { try start(opening(metadata)) }

  /// Sends the metadata, the only message and the half-close, and begins to receive.
  ///
  /// They leave together, in one write. A half-close that follows later may arrive when the response is over: some
  /// proxies reset such a call, and its status is lost.
  ///
  /// Called once, before anything else.
  ///
  /// - Parameter previousAttempts: The number of attempts of the call before this one, of which the server learns.
  func start<Input: Sendable>(
    _ metadata: Metadata,
    onlyMessage: Input,
    previousAttempts: Int,
    serializer: some MessageSerializer<Input>
  ) throws(RPCError) {
    let message = try serialize(onlyMessage, with: serializer)
    var opening = opening(metadata)
    opening.previousAttempts = UInt8(clamping: previousAttempts)
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
    // First the batch that can fail.
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
  /// A producer that fails cancels the call. So does a producer that returns in a cancelled task, because it has not
  /// sent everything.
  func produce<Input: Sendable>(
    _ producer: StreamingClientRequest<Input>.Producer,
    serializer: some MessageSerializer<Input>
  ) async {
    // A function, because a closure would not run where its caller does.
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
      // If the server has ended the call, so that the producer cannot write, the response tells the reason.
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
        let message = "trailingMetadata() discarded the remaining messages: read them before you call it"
        throw RPCError(code: .failedPrecondition, message: message)
      }
      guard let message = try await nextMessage() else {
        _ = try await successfulEnd()
        // A cancellation can drop messages of a call whose status has come.
        if call.isCancelledHere { throw (producerFailure.current ?? .cancelledTask).comingOutOfChannel() }
        return nil
      }
      do throws(RPCError) {
        try options.sizeLimits.checkReceived(byteCount: message.byteCount)
      } catch {
        throw failed(error)
      }
      let output: Output
      do {
        output = try deserializer.deserialize(message)
      } catch {
        throw failed(RPCError.cannotDeserializeResponse(error))
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

  private nonisolated(nonsending) func nextMessage() async throws(RPCError) -> MessageBuffer? {
    do throws(RPCError) {
      return try await MessageReader(call: call).next()
    } catch {
      throw failed(error)
    }
  }

  /// Cancels the rest of the call, and waits for its end.
  func finish() async {
    if end.current == nil { call.cancel() }
    let end = await end.value()
    attempts?.willEnd(call)
    if let measurement = call.measurement { measurement.code = code(of: end) }
    call.close()
  }

  /// Notes that the caller gets an error for which it will leave the call.
  private func failed(_ error: RPCError) -> RPCError {
    failureCode.store(error.code.rawValue, ordering: .relaxed)
    return error
  }

  /// The code of the call for its observers.
  private func code(of end: End) -> Status.Code {
    let failure = Status.Code(rawValue: failureCode.load(ordering: .relaxed))
    guard let code = end.error?.code else { return failure ?? .ok }
    guard code == .cancelled, call.isCancelledHere else { return Status.Code(code) }
    if let failure { return failure }
    return producerFailure.current.map { Status.Code($0.code) } ?? .cancelled
  }

  func cancel() { call.cancel() }

  /// Notes that the response of this attempt is the call's, though another attempt has begun since.
  func choose() { attempts?.began(call) }

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

  /// Receives the remaining messages, so that the call can end.
  private nonisolated(nonsending) func dropMessages() async throws(RPCError) {
    guard end.current == nil else { return }
    if call.isReceivingMessage {
      let message = "another task is reading the response: call trailingMetadata() when it has finished"
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
      if let error = call.excessiveMetadata { throw failed(error) }
      return end.metadata
    }
    // The producer's failure is the reason for which the call was cancelled.
    if let failure = producerFailure.current { throw failure }
    error.initialMetadata = await initialMetadata.value()
    throw error.comingOutOfChannel()
  }
}
