/// The way of a call through the server's interceptors to its handler.
@usableFromInline
struct ServerPipeline<Input: Sendable, Output: Sendable>: Sendable {
  @usableFromInline typealias Handler =
    @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>

  let interceptors: [any ServerInterceptor]
  let handler: Handler

  @usableFromInline
  init(interceptors: [any ServerInterceptor], handler: @escaping Handler) {
    self.interceptors = interceptors
    self.handler = handler
  }

  @Sendable
  @usableFromInline
  func respond(
    to request: StreamingServerRequest<Input>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Output> {
    guard let call = context.call else { preconditionFailure("the context has no call") }
    return try await respond(to: request, context: context, from: 0, call: call)
  }

  private func respond(
    to request: StreamingServerRequest<Input>,
    context: ServerContext,
    from index: Int,
    call: ServerCall
  ) async throws -> StreamingServerResponse<Output> {
    guard index < interceptors.count else { return try await handler(request, context) }
    return try await interceptors[index].intercept(request: request, context: context) { request, context in
      // The interceptor may have set task-locals around this, which end when it returns. The producer runs later.
      try await respond(to: request, context: context, from: index + 1, call: call).runningInScope(of: call)
    }
  }
}
