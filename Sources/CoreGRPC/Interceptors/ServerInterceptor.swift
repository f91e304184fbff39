/// Sees the calls of a ``Server``, and may change them: metadata, messages and status, of all four kinds.
///
/// ```swift
/// struct RequireToken: ServerInterceptor {
///   func intercept<Input: Sendable, Output: Sendable>(
///     request: StreamingServerRequest<Input>,
///     context: ServerContext,
///     next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
///   ) async throws -> StreamingServerResponse<Output> {
///     guard request.metadata[stringValues: "authorization"].first == "Bearer open sesame" else {
///       throw RPCError(code: .unauthenticated, message: "a token is needed")
///     }
///     return try await next(request, context)
///   }
/// }
/// ```
public protocol ServerInterceptor: Sendable {
  /// Serves a call, as a rule by calling `next`.
  ///
  /// It may call `next` with another request, or not at all to answer by itself; and it may return another response
  /// than `next` gave. An error before the response throws here. A later one throws out of the response's producer.
  ///
  /// Task-locals that are set around `next` reach the handler and the response's producer, which runs when this has
  /// returned: `next` makes a task for it. Cancelling the call cancels that task, too.
  ///
  /// In a module that enables `NonisolatedNonsendingByDefault` the type of `next` begins with `@concurrent @Sendable`.
  ///
  /// - Parameters:
  ///   - request: The request. A unary request is a stream of one message.
  ///   - context: The call's context.
  ///   - next: Passes the request on, to the next interceptor or to the handler.
  /// - Returns: The response for the client.
  /// - Throws: An error that the call then ends with, see ``RPCRouter``.
  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output>
}
