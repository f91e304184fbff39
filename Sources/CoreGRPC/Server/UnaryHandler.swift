/// The handler of a unary method, with its serialization: from the bytes of the request to those of the response.
///
/// It is made where the types of the messages are known, so that the compiler specializes it for them: unspecialized, each
/// call looks up their metadata at run time.
///
/// It replies itself rather than return what to reply. Nothing is left to do after it then, so that no caller has to come
/// back to its executor, which with an executor of the task's own takes the lock of the task.
@usableFromInline
struct UnaryHandler: Sendable {
  @usableFromInline typealias Serve = nonisolated(nonsending) @Sendable (ServerCall) async -> Void

  /// Serves a call whose request has come, and replies.
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
    self.init { call in
      let request: ServerRequest<Input>
      do {
        request = try call.request(by: deserializer)
      } catch {
        return call.reply(UnaryReply(cannotDeserialize: error))
      }
      let response: ServerResponse<Output>
      do {
        response = try await handler(request, call.context)
      } catch {
        return call.reply(UnaryReply(handlerFailure: error, of: call.context.descriptor))
      }
      do {
        call.reply(
          UnaryReply(
            metadata: response.metadata,
            compression: response.compression,
            message: try serializer.serialize(response.message),
            trailingMetadata: response.trailingMetadata
          )
        )
      } catch {
        call.reply(UnaryReply(cannotSerialize: error))
      }
    }
  }
}

extension ServerCall {
  /// The request of a unary call, whose message is taken once.
  @inlinable
  func request<Input: Sendable>(by deserializer: some MessageDeserializer<Input>) throws -> ServerRequest<Input> {
    let message = try takeMessage()
    var request = ServerRequest(metadata: metadata, message: try deserializer.deserialize(message))
    request.wasCompressed = message.wasCompressed
    return request
  }
}
