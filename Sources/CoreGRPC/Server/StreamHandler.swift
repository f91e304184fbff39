/// The handler of a method with a stream of messages in a direction or in both, with its serialization.
struct StreamHandler: Sendable {
  /// - Returns: What is left to send.
  private let respond: @Sendable (Call, ServerContext) async -> UnaryReply

  /// A handler that answers with a stream.
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    respond = { call, context in
      let outcome = await HandlerOutcome.of(context.descriptor) { () async throws in
        let response = try await handler(Self.request(from: call, deserializer), context)
        do throws(RPCError) {
          try response.metadata.validate()
        } catch {
          throw RPCError(code: .internalError, message: "the handler's response has illegal \(error.message)")
        }
        var opening = Batch()
        opening.sendInitialMetadata(response.metadata, compression: response.compression)
        // Refused when the client is gone. The producer runs all the same, and learns it when it writes: whoever counts on
        // its end, as an interceptor may, gets it.
        try? call.start(opening) { _ in }
        return try await response.producer(Self.writer(to: call, serializer))
      }
      switch outcome {
      case .success(let trailingMetadata): return UnaryReply(status: .ok, trailingMetadata: trailingMetadata)
      case .failure(let error): return UnaryReply(error: error)
      }
    }
  }

  /// A handler that answers with one message.
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    respond = { call, context in
      let outcome = await HandlerOutcome.of(context.descriptor) { () async throws in
        try await handler(Self.request(from: call, deserializer), context)
      }
      switch outcome {
      case .success(let response): return Self.reply(with: response, serializer)
      case .failure(let error): return UnaryReply(error: error)
      }
    }
  }

  /// Serves one call after the other, beginning with the one given.
  var serve: UnaryHandler.Serve {
    { first in
      var next: ServerCall? = first
      while let call = next.take() {
        call.takeOver()
        await call.withDeadline { call.reply(await respond(call, call.context)) }
        guard let rest = call.handlerEnded() else { return }
        // Let go before the task waits.
        _ = consume call
        next = await rest.nextCall()
      }
    }
  }

  private static func reply<Output: Sendable>(
    with response: ServerResponse<Output>,
    _ serializer: some MessageSerializer<Output>
  ) -> UnaryReply {
    do {
      return UnaryReply(
        metadata: response.metadata,
        compression: response.compression,
        message: try serializer.serialize(response.message),
        trailingMetadata: response.trailingMetadata
      )
    } catch {
      return UnaryReply(cannotSerialize: error)
    }
  }

  private static func request<Input: Sendable>(
    from call: Call,
    _ deserializer: some MessageDeserializer<Input>
  ) -> StreamingServerRequest<Input> {
    StreamingServerRequest(
      metadata: call.receivedInitialMetadata,
      messages: RPCAsyncSequence(receiving: { () async throws(RPCError) -> ReceivedMessage<Input>? in
        guard let message = try await MessageReader(call: call).next() else {
          if call.failedBeforeReceivingMessage { throw RPCError(code: .cancelled, message: "the client went away") }
          return nil
        }
        let input = try RPCError.wrapping("cannot deserialize the request", .internalError) {
          try deserializer.deserialize(message)
        }
        return ReceivedMessage(message: input, wasCompressed: message.wasCompressed)
      })
    )
  }

  private static func writer<Output: Sendable>(
    to call: Call,
    _ serializer: some MessageSerializer<Output>
  ) -> RPCWriter<Output> {
    let writer = MessageWriter(call: call)
    return RPCWriter { (message, options) async throws(RPCError) in
      var buffer: MessageBuffer?
      do {
        buffer = try serializer.serialize(message)
      } catch {
        throw RPCError(wrapping: error, as: .internalError, message: "cannot serialize the response", showsText: false)
      }
      guard let bytes = buffer.take() else { return }
      guard try await writer.write(bytes, options: options) else {
        throw RPCError(code: .cancelled, message: "the client went away")
      }
    }
  }
}
