/// The handler of a unary method, with its serialization: from the bytes of the request to those of the response.
///
/// It is made where the types of the messages are known, so that the compiler specializes it for them: unspecialized,
/// each call looks up their metadata at run time.
///
/// One function takes a call, runs the handler, replies, and waits for the next call. A function that awaits another
/// one returns to its executor when the other one returns, which takes the lock of the task.
@usableFromInline
struct UnaryHandler: Sendable {
  /// A function that serves one call after the other, beginning with the given one, whose request has come.
  @usableFromInline typealias Serve = @Sendable (ServerCall) async -> Void

  let serve: Serve

  @usableFromInline
  init(serve: @escaping Serve) { self.serve = serve }

  @inlinable
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      nonisolated(nonsending) @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws ->
      ServerResponse<Output>
  ) {
    self.init { first in
      var next: ServerCall? = first
      while let call = next.take() {
        call.takeOver()
        do {
          let request = try call.request(by: deserializer)
          do {
            let response =
              if call.hasDeadline {
                try await call.withDeadline { try await handler(request, call.context) }
              } else {
                try await handler(request, call.context)
              }
            // Consumed, as a copy takes hundreds of instructions.
            call.reply(UnaryReply(consume response, serializer))
          } catch {
            call.reply(UnaryReply(handlerFailure: error, of: call.descriptor))
          }
        } catch {
          call.refuse(.undecodableRequest, with: RPCError(cannotDeserializeRequest: error))
        }
        guard let rest = call.handlerEnded() else { return }
        // Released before the task waits.
        _ = consume call
        next = await rest.nextCall()
      }
    }
  }
}

extension ServerCall {
  /// Makes the request of a unary call, whose message is taken once.
  @inlinable
  func request<Input: Sendable>(by deserializer: some MessageDeserializer<Input>) throws -> ServerRequest<Input> {
    let message = try takeMessage()
    var request = ServerRequest(metadata: metadata, message: try deserializer.deserialize(message))
    request.wasCompressed = message.wasCompressed
    return request
  }
}
