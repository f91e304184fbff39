import CoreGRPC
import TestSupport

/// An interceptor that opens a gate when the response of a call has ended, however that was.
struct EndOfCalls: ServerInterceptor {
  let ended: Gate

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var response = try await next(request, context)
    response.producer = { [producer = response.producer, ended] writer in
      defer { ended.open() }
      return try await producer(writer)
    }
    return response
  }
}
