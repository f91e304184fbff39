/// The handler of a unary method, with its serialization: from the bytes of the request to those of the response.
struct UnaryHandler: Sendable {
  private let respond: @Sendable (borrowing MessageBuffer, Metadata, ServerContext) async -> UnaryReply

  init<Input: Sendable, Output: Sendable>(
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    self.respond = { message, metadata, context in
      do throws(RPCError) {
        let input = try RPCError.wrapping("cannot deserialize the request", .internalError) {
          try message.withBytes { bytes in try deserializer.deserialize(bytes) }
        }
        let response = try await Self.run(handler, ServerRequest(metadata: metadata, message: input), context)
        var buffer: MessageBuffer?
        do {
          buffer = try serializer.serialize(response.message)
        } catch {
          throw RPCError(wrapping: error, as: .internalError, message: "cannot serialize the response")
        }
        return UnaryReply(
          metadata: response.metadata,
          message: buffer.take(),
          status: .ok,
          trailingMetadata: response.trailingMetadata
        )
      } catch {
        return UnaryReply(error: error)
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

  private static func run<Input: Sendable, Output: Sendable>(
    _ handler: @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>,
    _ request: ServerRequest<Input>,
    _ context: ServerContext
  ) async throws(RPCError) -> ServerResponse<Output> {
    do {
      return try await handler(request, context)
    } catch let error as RPCError {
      throw error
    } catch is CancellationError {
      throw RPCError(code: .cancelled, message: "the handler was cancelled")
    } catch {
      throw RPCError(code: .unknown, message: "the handler failed", cause: error)
    }
  }
}

/// What a unary call answers.
struct UnaryReply: ~Copyable {
  var metadata = Metadata()
  var message: MessageBuffer?
  var status: Status
  var trailingMetadata = Metadata()
}

extension UnaryReply {
  init(error: RPCError) { self.init(status: Status(error), trailingMetadata: error.metadata) }
}
