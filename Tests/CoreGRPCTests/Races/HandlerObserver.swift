import CoreGRPC
import TestSupport

/// Counts the handlers that begin and end.
final class HandlerObserver: ServerInterceptor {
  let hundredBegan = Gate()
  private let counts = Locked((began: 0, running: 0))
  private let idle = Locked<[Gate]>([])

  func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    begin()
    do {
      let response = try await next(request, context)
      return StreamingServerResponse(metadata: response.metadata) { [self] writer in
        defer { end() }
        return try await response.producer(writer)
      }
    } catch {
      end()
      throw error
    }
  }

  /// Waits until no handler runs.
  func waitUntilAllEnded() async {
    let gate = Gate()
    let isIdle = counts.withLock { counts in
      if counts.running > 0 { idle.withLock { $0.append(gate) } }
      return counts.running == 0
    }
    if !isIdle { await gate.pass() }
  }

  private func begin() {
    let began = counts.withLock { counts in
      counts.began += 1
      counts.running += 1
      return counts.began
    }
    if began == 100 { hundredBegan.open() }
  }

  private func end() {
    let gates = counts.withLock { counts -> [Gate] in
      counts.running -= 1
      guard counts.running == 0 else { return [] }
      return idle.withLock { idle in
        defer { idle = [] }
        return idle
      }
    }
    for gate in gates { gate.open() }
  }
}
