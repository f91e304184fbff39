public import CoreGRPC

/// An interceptor that makes a call that failed once more.
public struct SecondAttempt: ClientInterceptor {
  /// Creates the interceptor.
  public init() {}

  /// Makes a call, and once more if it ends with an error before its first message.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingClientRequest<Input>,
    context: ClientContext,
    next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
  ) async throws -> StreamingClientResponse<Output> {
    do {
      return try await next(request, context).awaitingFirstMessage()
    } catch {
      return try await next(request, context)
    }
  }
}
