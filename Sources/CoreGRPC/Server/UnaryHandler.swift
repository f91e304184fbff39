/// The handler of a unary method, with its serialization: from the bytes of the request to those of the response.
///
/// It is made where the types of the messages are known, so that the compiler specializes it for them: unspecialized, each
/// call looks up their metadata at run time.
@usableFromInline
struct UnaryHandler: Sendable {
  @usableFromInline typealias Respond = @Sendable (borrowing MessageBuffer, Metadata, ServerContext) async -> UnaryReply

  private let respond: Respond

  @usableFromInline
  init(respond: @escaping Respond) { self.respond = respond }

  @inlinable
  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    self.init { message, metadata, context in
      let input: Input
      do {
        input = try deserializer.deserialize(message)
      } catch {
        return UnaryReply(cannotDeserialize: error)
      }
      let response: ServerResponse<Output>
      do {
        var request = ServerRequest(metadata: metadata, message: input)
        request.wasCompressed = message.wasCompressed
        response = try await handler(request, context)
      } catch {
        return UnaryReply(handlerFailure: error, of: context.descriptor)
      }
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
  }

  func callAsFunction(
    _ message: borrowing MessageBuffer,
    metadata: Metadata,
    context: ServerContext
  ) async -> UnaryReply {
    await respond(message, metadata, context)
  }
}
