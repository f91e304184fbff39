/// Sees the calls of a ``Channel``, and may change them: metadata, messages and status, of all four kinds.
///
/// ```swift
/// struct BearerToken: ClientInterceptor {
///   let token: String
///
///   func intercept<Input: Sendable, Output: Sendable>(
///     request: StreamingClientRequest<Input>,
///     context: ClientContext,
///     next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
///   ) async throws -> StreamingClientResponse<Output> {
///     var request = request
///     request.metadata.addString("Bearer \(token)", forKey: "authorization")
///     return try await next(request, context)
///   }
/// }
/// ```
public protocol ClientInterceptor: Sendable {
  /// Makes a call, as a rule by calling `next`.
  ///
  /// It may call `next` with another request, several times to try again (see
  /// ``StreamingClientResponse/awaitingFirstMessage()``), or not at all to answer by itself; and it may return another
  /// response than `next` gave. A call that fails does so where its messages are read: wrap
  /// ``StreamingClientResponse/messages`` to see the status.
  ///
  /// In a module that enables `NonisolatedNonsendingByDefault` the type of `next` begins with `@concurrent`.
  ///
  /// - Parameters:
  ///   - request: The request. A unary request is a stream of one message.
  ///   - context: The method and the channel's target.
  ///   - next: Passes the request on, to the next interceptor or to the server.
  /// - Returns: The response for the caller.
  /// - Throws: An error that the call then ends with. One that is not an ``RPCError`` becomes
  ///   ``RPCError/Code/cancelled`` if it is a `CancellationError`, what it says if it is an ``RPCErrorConvertible``,
  ///   and ``RPCError/Code/unknown`` otherwise.
  nonisolated(nonsending) func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output>
}
