extension Call {
  /// Starts a batch and waits until it is done; cancelling the task cancels the call, and still waits.
  ///
  /// - Returns: The event's success flag.
  func performCancellably(_ batch: consuming Batch) async throws(RPCError) -> Bool {
    var batch: Batch? = consume batch
    let outcome: Result<Bool, RPCError> = await withTaskCancellationHandler {
      guard let batch = batch.take() else { preconditionFailure("an operation runs once") }
      do throws(RPCError) {
        return .success(try await perform(batch))
      } catch {
        return .failure(error)
      }
    } onCancel: {
      cancel()
    }
    return try outcome.get()
  }
}
