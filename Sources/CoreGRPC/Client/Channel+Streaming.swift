extension Channel {
  /// Makes a call with a stream of messages to the server and one message back.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Throws: ``RPCError``, also when the task is cancelled (``RPCError/Code/cancelled``).
  public func clientStreaming<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<Output> {
    do {
      return try await bidirectionalStreaming(
        request: request,
        descriptor: descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        onResponse: { response in try await ClientResponse(single: response) }
      )
    } catch {
      throw RPCError(thrownByProgram: error, message: "the call failed")
    }
  }

  /// Makes a call with one message to the server and a stream of messages back.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Parameter onResponse: Reads the response, where the caller runs. The call ends when it returns: what it has not read is not
  ///   received.
  /// - Throws: ``RPCError``, or what `onResponse` throws.
  public nonisolated(nonsending) func serverStreaming<Input: Sendable, Output: Sendable, Result: Sendable>(
    request: ClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<Output>) async throws -> Result
  ) async throws -> Result {
    try await bidirectionalStreaming(
      request: StreamingClientRequest(single: request),
      descriptor: descriptor,
      serializer: serializer,
      deserializer: deserializer,
      options: options,
      onResponse: onResponse
    )
  }

  /// Makes a call with a stream of messages in each direction, which are independent of each other.
  ///
  /// The request's producer runs in a task of its own beside `onResponse`. Cancelling the task cancels the call.
  ///
  /// - Parameter onResponse: Reads the response, where the caller runs. It is called when the server's metadata has come, or the call
  ///   has failed. The call ends when it returns: what it has not read is not received, and the producer is cancelled.
  /// - Throws: ``RPCError``, or what `onResponse` throws.
  public nonisolated(nonsending) func bidirectionalStreaming<Input: Sendable, Output: Sendable, Result: Sendable>(
    request: StreamingClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<Output>) async throws -> Result
  ) async throws -> Result {
    let options = defaults.applied(to: options, of: descriptor)
    let streams = ClientStreamSet()
    let pipeline = ClientPipeline<Input, Output>(interceptors: interceptors(for: descriptor))
    return try await withTaskCancellationHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        do {
          let context = ClientContext(descriptor: descriptor, target: target)
          let response = try await pipeline.respond(to: request, context: context) { request, context in
            let stream = ClientStream(
              call: try makeCall(context.descriptor, options: options),
              options: options
            )
            if let message = request.onlyMessage {
              try stream.start(request.metadata, onlyMessage: message, serializer: serializer)
              streams.insert(stream)
            } else {
              try stream.start(request.metadata)
              streams.insert(stream)
              group.addTask { await stream.produce(request.producer, serializer: serializer) }
            }
            return await stream.response(deserializer: deserializer)
          }
          let result = try await onResponse(response)
          await streams.finish()
          group.cancelAll()
          return result
        } catch {
          await streams.finish()
          group.cancelAll()
          throw error
        }
      }
    } onCancel: {
      streams.cancel()
    }
  }
}
