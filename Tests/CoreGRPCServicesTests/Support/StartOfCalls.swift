import CoreGRPC
import TestSupport

/// An interceptor that holds each call before its handler.
struct StartOfCalls: ServerInterceptor {
  /// The number of calls that open the gate `arrived`.
  let count: Int

  /// Opened when all calls are there.
  let arrived = Gate()

  /// Opened by the test, to let the calls go on.
  let goOn = Gate()

  private let counter = Counter()

  init(count: Int) { self.count = count }

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    if counter.add() == count { arrived.open() }
    await goOn.pass()
    return try await next(request, context)
  }
}
