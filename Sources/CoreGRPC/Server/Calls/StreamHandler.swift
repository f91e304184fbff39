/// The handler of a method with a stream of messages in one direction or in both, with its serialization.
///
/// It is made where the types of the messages are known, for the same reason as ``UnaryHandler``.
@usableFromInline
struct StreamHandler: Sendable {
  /// A function that runs the handler of a call.
  ///
  /// - Returns: The rest of the response.
  @usableFromInline typealias Respond = @Sendable (ServerCall) async -> UnaryReply

  private let respond: Respond

  @usableFromInline
  init(respond: @escaping Respond) { self.respond = respond }

  /// Creates a handler that answers with a stream.
  @inlinable
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    self.init { call in
      do {
        let response = try await handler(call.requests(by: deserializer), call.context)
        try call.open(response.metadata, compression: response.compression)
        return UnaryReply(trailingMetadata: try await response.producer(call.writer(serializer)))
      } catch {
        return UnaryReply(handlerFailure: error, of: call.descriptor)
      }
    }
  }

  /// Creates a handler that answers with one message.
  @inlinable
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    self.init { call in
      do {
        let response = try await handler(call.requests(by: deserializer), call.context)
        return UnaryReply(response, serializer)
      } catch {
        return UnaryReply(handlerFailure: error, of: call.descriptor)
      }
    }
  }

  /// Serves one call after the other, beginning with the one given.
  var serve: UnaryHandler.Serve {
    { first in
      var next: ServerCall? = first
      while let call = next.take() {
        call.takeOver()
        call.bindToCurrentTask()
        await call.withDeadline { call.reply(await respond(call)) }
        guard let rest = call.handlerEnded() else { return }
        // Released before the task waits.
        _ = consume call
        next = await rest.nextCall()
      }
    }
  }
}

extension ServerCall {
  /// Makes the request of a call with a stream of messages.
  @inlinable
  func requests<Input: Sendable>(by deserializer: some MessageDeserializer<Input>) -> StreamingServerRequest<Input> {
    // A function, because a closure would not run where its caller does.
    @Sendable nonisolated(nonsending) func receive() async throws(RPCError) -> ReceivedMessage<Input>? {
      guard let message = try await nextMessage() else { return nil }
      let input: Input
      do {
        input = try deserializer.deserialize(message)
      } catch {
        throw RPCError(cannotDeserializeRequest: error)
      }
      return ReceivedMessage(message: input, wasCompressed: message.wasCompressed)
    }
    return StreamingServerRequest(metadata: metadata, messages: RPCAsyncSequence(checked: receive))
  }

  /// Makes the writer of a response's messages.
  @inlinable
  func writer<Output: Sendable>(_ serializer: some MessageSerializer<Output>) -> RPCWriter<Output> {
    let writer = MessageWriter(call: self)
    @Sendable nonisolated(nonsending) func send(_ message: Output, options: WriteOptions) async throws(RPCError) {
      let buffer: MessageBuffer
      do {
        buffer = try serializer.serialize(message)
      } catch {
        throw RPCError(cannotSerializeResponse: error)
      }
      let isWritten: Bool
      do throws(RPCError) {
        isWritten = try await writer.write(buffer, options: options)
      } catch {
        throw error.code == .cancelled ? errorOfEnd : error
      }
      guard isWritten else { throw errorOfEnd }
    }
    return RPCWriter(checked: send)
  }

  /// Receives the next message of the client.
  ///
  /// - Returns: `nil` at the end of the stream.
  /// - Throws: ``RPCError/Code/cancelled``, when the client disconnected, and ``RPCError/Code/deadlineExceeded``.
  @usableFromInline
  nonisolated(nonsending) func nextMessage() async throws(RPCError) -> MessageBuffer? {
    let succeeded: Bool
    do throws(RPCError) {
      succeeded = try await receiveMessage()
    } catch {
      throw error.code == .cancelled ? errorOfEnd : error
    }
    defer { endReceiving() }
    if let message = try takeReceivedMessage() { return message }
    // When C-core learns that the client disconnected, the call reports it. When C-core learns it from the metadata,
    // which it cannot send, the batch fails.
    guard succeeded, !failedBeforeReceivingMessage else { throw errorOfEnd }
    return nil
  }

  /// Sends the metadata of a response with a stream of messages.
  ///
  /// - Throws: ``RPCError``, when the metadata is illegal or does not fit.
  @usableFromInline
  func open(_ metadata: Metadata, compression: CompressionAlgorithm?) throws(RPCError) {
    var opening = Batch()
    opening.sendInitialMetadata(metadata, compression: compression)
    do throws(RPCError) {
      try start(opening) { _ in }
    } catch {
      if let failure = metadataFailure(error) { throw failure }
      // Refused when the client has disconnected. The producer runs all the same, and fails when it writes: code that
      // relies on the producer's end, such as an interceptor, sees that end.
    }
  }
}

extension RPCError {
  @usableFromInline static var clientDisconnected: RPCError {
    RPCError(code: .cancelled, message: "the client disconnected")
  }

  @usableFromInline
  init(cannotDeserializeRequest error: any Error) {
    self.init(wrapping: error, as: .internalError, message: "cannot deserialize the request")
  }

  /// Creates an error without the text of its cause, which may be a secret.
  @usableFromInline
  init(cannotSerializeResponse error: any Error) {
    self.init(wrapping: error, as: .internalError, message: "cannot serialize the response", showsText: false)
  }
}
