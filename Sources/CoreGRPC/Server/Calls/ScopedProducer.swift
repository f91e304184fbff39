/// A response's producer in a task of its own, which has the task-locals of the function that made it.
///
/// An interceptor binds task-locals while its `next` runs, and Swift cannot bind the same ones again later. A task
/// keeps the task-locals of the code that creates it. So the task is created in `next`, and waits for its writer.
final class ScopedProducer<Message: Sendable>: Sendable {
  private let producer: StreamingServerResponse<Message>.Producer
  private let task: Task<Metadata, any Error>
  private let writer: Promise<RPCWriter<Message>?>
  private let hasStarted = Locked(false)

  init(_ producer: @escaping StreamingServerResponse<Message>.Producer, of call: ServerCall) {
    let writer = Promise<RPCWriter<Message>?>()
    self.producer = producer
    self.writer = writer
    task = call.startHandlerTask {
      // There is no writer if the response is discarded.
      guard let writer = await writer.value() else { return [:] }
      return try await producer(writer)
    }
  }

  deinit { writer.fulfil(nil) }

  /// Runs the producer; cancelling the current task cancels it.
  nonisolated(nonsending) func run(_ writer: RPCWriter<Message>) async throws -> Metadata {
    let isFirst = hasStarted.withLock { hasStarted in
      defer { hasStarted = true }
      return !hasStarted
    }
    guard isFirst else { return try await producer(writer) }
    self.writer.fulfil(writer)
    return try await withTaskCancellationHandler {
      try await task.value
    } onCancel: {
      task.cancel()
    }
  }
}

extension StreamingServerResponse {
  /// Returns the same response with a producer that sees the current task-locals when it runs later.
  func runningInScope(of call: ServerCall) -> Self {
    guard !runsInScope else { return self }
    let scoped = ScopedProducer(producer, of: call)
    var response = self
    response.producer = { writer in try await scoped.run(writer) }
    response.runsInScope = true
    return response
  }
}
