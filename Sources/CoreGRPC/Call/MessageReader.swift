/// Receives the messages of a call, one at a time: nothing is received before it is asked for.
struct MessageReader: Sendable {
  let call: Call

  /// Receives the next message.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Returns: `nil` at the end of the stream, and when the call failed.
  nonisolated(nonsending) func next() async throws(RPCError) -> MessageBuffer? {
    var batch = Batch()
    batch.receive(.receiveMessage)
    _ = try await call.perform(batch)
    return try call.takeReceivedMessage()
  }
}
