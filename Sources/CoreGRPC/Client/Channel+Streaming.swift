extension Channel {
  /// Makes a call with a stream of messages to the server and one message back.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Parameters:
  ///   - request: The request, with the producer of its messages.
  ///   - descriptor: The method to call.
  ///   - serializer: The serializer of the messages that the client sends.
  ///   - deserializer: The deserializer of the messages that the server sends.
  ///   - options: The settings of this call. They default to those of the channel.
  /// - Returns: The response of a call that succeeded.
  /// - Throws: ``RPCError``, also when the task is cancelled (``RPCError/Code/cancelled``).
  public func clientStreaming<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<Output> {
    let interceptors = interceptors(for: descriptor)
    let observed = observe(descriptor, interceptors)
    do {
      let response = try await stream(
        request: request,
        interceptors: interceptors,
        descriptor: descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        observed: observed,
        hedging: defaults.hedging?[descriptor],
        onResponse: { response in try await ClientResponse(single: response) }
      )
      observed?.end(.ok)
      return response
    } catch {
      let error = RPCError(thrownByProgram: error, message: "the call failed")
      observed?.end(Status.Code(error.code))
      throw error
    }
  }

  /// Makes a call with one message to the server and a stream of messages back.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - descriptor: The method to call.
  ///   - serializer: The serializer of the messages that the client sends.
  ///   - deserializer: The deserializer of the messages that the server sends.
  ///   - options: The settings of this call. They default to those of the channel.
  ///   - onResponse: Reads the response, where the caller runs. The call ends when it returns: messages that it has not
  ///     read are not received.
  /// - Returns: The result of `onResponse`.
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
  /// - Parameters:
  ///   - request: The request, with the producer of its messages.
  ///   - descriptor: The method to call.
  ///   - serializer: The serializer of the messages that the client sends.
  ///   - deserializer: The deserializer of the messages that the server sends.
  ///   - options: The settings of this call. They default to those of the channel.
  ///   - onResponse: Reads the response, where the caller runs. It is called when the server's metadata has arrived, or
  ///     the call has failed. The call ends when it returns: messages that it has not read are not received, and the
  ///     producer is cancelled.
  /// - Returns: The result of `onResponse`.
  /// - Throws: ``RPCError``, or what `onResponse` throws.
  public nonisolated(nonsending) func bidirectionalStreaming<Input: Sendable, Output: Sendable, Result: Sendable>(
    request: StreamingClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<Output>) async throws -> Result
  ) async throws -> Result {
    let interceptors = interceptors(for: descriptor)
    guard let observed = observe(descriptor, interceptors) else {
      return try await stream(
        request: request,
        interceptors: [],
        descriptor: descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        observed: nil,
        onResponse: onResponse
      )
    }
    do {
      let result = try await stream(
        request: request,
        interceptors: interceptors,
        descriptor: descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options,
        observed: observed,
        onResponse: onResponse
      )
      observed.end(observed.code ?? .ok)
      return result
    } catch {
      // Without an attempt, the error is that of the channel or of an interceptor, or else of the program.
      observed.end(observed.code ?? Status.Code(RPCError(thrownByProgram: error, message: "the call failed").code))
      throw error
    }
  }

  /// Begins to observe a call; `nil` if neither observers nor interceptors follow it.
  private func observe(
    _ descriptor: MethodDescriptor,
    _ interceptors: [any ClientInterceptor]
  ) -> ObservedStream? {
    if observers == nil, interceptors.isEmpty { return nil }
    return ObservedStream(
      of: observers?[descriptor] ?? ObservedMethod(descriptor, target: completeTarget, observer: nil)
    )
  }

  /// Makes a call of any kind.
  ///
  /// - Parameters:
  ///   - interceptors: The interceptors that apply to the method.
  ///   - observed: The call's observation; `nil` if neither observers nor interceptors follow it.
  ///   - hedging: The policy by which a request of one message is sent several times. Defaults to `nil`: it is not.
  private nonisolated(nonsending) func stream<Input: Sendable, Output: Sendable, Result: Sendable>(
    request: StreamingClientRequest<Input>,
    interceptors: [any ClientInterceptor],
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions,
    observed: ObservedStream?,
    hedging: HedgingPolicy? = nil,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<Output>) async throws -> Result
  ) async throws -> Result {
    let options = defaults.applied(to: options, of: descriptor)
    let streams = ClientStreamSet()
    let pipeline = ClientPipeline<Input, Output>(interceptors: interceptors)
    let attempts = observed?.attempts
    return try await withTaskCancellationHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        do {
          let context = ClientContext(descriptor: descriptor, target: target, attempts: attempts)
          let response: StreamingClientResponse<Output>
          do {
            response = try await pipeline.respond(to: request, context: context) { request, context in
              let began = ContinuousClock.now
              let request = try await authorized(request, context.descriptor, options)
              func makeStream() throws(RPCError) -> ClientStream {
                let takesTime = hedging != nil || options.credentials != nil
                let call = try openHandle().makeCall(
                  context.descriptor,
                  options: options,
                  timeout: options.effectiveTimeout.map { takesTime ? $0 - (.now - began) : $0 },
                  measurement: observed?.measurement
                )
                attempts?.began(call)
                return ClientStream(call: call, options: options, attempts: attempts)
              }
              func begin(_ message: Input, after previousAttempts: Int = 0) throws(RPCError) -> ClientStream {
                let stream = try makeStream()
                try stream.start(
                  request.metadata,
                  onlyMessage: message,
                  previousAttempts: previousAttempts,
                  serializer: serializer
                )
                streams.insert(stream)
                return stream
              }
              let stream: ClientStream
              if let message = request.onlyMessage {
                if let hedging {
                  let call = HedgedCall(
                    policy: hedging,
                    throttle: defaults.hedging?.throttle,
                    deadline: options.effectiveTimeout.map { began + $0.bounded }
                  ) { (stream: ClientStream) async throws(RPCError) in
                    // With its status, which can be an error after a message.
                    let response = try await ClientResponse(single: stream.response(deserializer: deserializer))
                    return StreamingClientResponse(single: response)
                  }
                  return try await call.run { (count) throws(RPCError) in try begin(message, after: count) }
                }
                stream = try begin(message)
              } else {
                stream = try makeStream()
                try stream.start(request.metadata)
                streams.insert(stream)
                group.addTask { await stream.produce(request.producer, serializer: serializer) }
              }
              return await stream.response(deserializer: deserializer)
            }
          } catch {
            let failure = RPCError(thrownByProgram: error, message: "an interceptor failed")
            observed?.measurement.interceptorFailure = Status.Code(failure.code)
            throw error
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

  /// Returns the request with the metadata of the call's credentials, where C-core does not ask for it: on a channel to
  /// a server of this process.
  private func authorized<Input: Sendable>(
    _ request: StreamingClientRequest<Input>,
    _ descriptor: MethodDescriptor,
    _ options: CallOptions
  ) async throws(RPCError) -> StreamingClientRequest<Input> {
    guard let credentials = options.credentials, try openHandle().isInProcess else { return request }
    let parts = credentials.parts
    var request = request
    if parts.contains(where: { if case .core = $0.source { true } else { false } }) {
      let message = "a channel within the process cannot ask C-core's own credentials"
      throw RPCError(code: .unauthenticated, message: message).comingOutOfChannel()
    }
    let url = "https://\(options.authority ?? target)/\(descriptor.service)"
    let context = CallCredentials.Context(descriptor: descriptor, serviceURL: url)
    let answer = Promise<Result<Metadata, RPCError>>()
    // Tasks of their own: a function of the program may ignore that it is cancelled.
    let provider = Task.detached {
      do {
        answer.fulfil(.success(try await CallCredentialsSession.metadata(of: parts, context: context)))
      } catch {
        answer.fulfil(.failure(RPCError(callCredentialsFailure: error).comingOutOfChannel()))
      }
    }
    let timer = options.effectiveTimeout.map { timeout in
      Task.detached {
        try? await Task.sleep(for: timeout.bounded)
        answer.fulfil(.failure(RPCError(code: .deadlineExceeded, message: "Deadline Exceeded").comingOutOfChannel()))
      }
    }
    defer {
      provider.cancel()
      timer?.cancel()
    }
    let result = await withTaskCancellationHandler {
      await answer.value()
    } onCancel: {
      answer.fulfil(.failure(RPCError.cancelledTask.comingOutOfChannel()))
    }
    request.metadata.add(contentsOf: try result.get())
    return request
  }
}
