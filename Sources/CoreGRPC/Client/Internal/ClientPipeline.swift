/// The path of a call through the channel's interceptors to the wire.
///
/// One call can take the path several times.
struct ClientPipeline<Input: Sendable, Output: Sendable> {
  typealias Step =
    (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>

  let interceptors: [any ClientInterceptor]

  /// - Parameter last: Puts the call on the wire.
  /// - Throws: ``RPCError``.
  nonisolated(nonsending) func respond(
    to request: StreamingClientRequest<Input>,
    context: ClientContext,
    last: Step
  ) async throws(RPCError) -> StreamingClientResponse<Output> {
    do {
      return try await respond(to: request, context: context, from: 0, last: last)
    } catch {
      throw RPCError(thrownByProgram: error, message: "an interceptor failed")
    }
  }

  private nonisolated(nonsending) func respond(
    to request: StreamingClientRequest<Input>,
    context: ClientContext,
    from index: Int,
    last: Step
  ) async throws -> StreamingClientResponse<Output> {
    guard index < interceptors.count else { return try await last(request, context) }
    return try await interceptors[index].intercept(request: request, context: context) { request, context in
      try await respond(to: request, context: context, from: index + 1, last: last)
    }
  }
}
