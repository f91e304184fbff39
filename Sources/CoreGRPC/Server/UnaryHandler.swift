/// The handler of a unary method, with its serialization: from the bytes of the request to those of the response.
struct UnaryHandler: Sendable {
  private let respond: @Sendable (borrowing MessageBuffer, Metadata, ServerContext) async -> UnaryReply

  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    self.respond = { message, metadata, context in
      let input: Input
      do throws(RPCError) {
        input = try RPCError.wrapping("cannot deserialize the request", .internalError) {
          try deserializer.deserialize(message)
        }
      } catch {
        return UnaryReply(error: error)
      }
      let wasCompressed = message.wasCompressed
      let outcome = await HandlerOutcome.of(context.descriptor) { () async throws in
        var request = ServerRequest(metadata: metadata, message: input)
        request.wasCompressed = wasCompressed
        return try await handler(request, context)
      }
      switch outcome {
      case .success(let response): return UnaryReply(response, serializer: serializer)
      case .failure(let error): return UnaryReply(error: error)
      }
    }
  }

  func callAsFunction(
    _ message: borrowing MessageBuffer,
    metadata: Metadata,
    context: ServerContext
  ) async -> UnaryReply {
    await respond(message, metadata, context)
  }
}
