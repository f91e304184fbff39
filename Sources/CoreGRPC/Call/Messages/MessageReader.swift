/// Receives the messages of a call, one at a time: nothing is received before it is asked for.
struct MessageReader: Sendable {
  let call: Call

  /// Receives the next message.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Returns: `nil` at the end of the stream, and when the call failed.
  /// - Throws: ``RPCError``, when another task receives.
  nonisolated(nonsending) func next() async throws(RPCError) -> MessageBuffer? {
    _ = try await call.receiveMessage()
    defer { call.endReceiving() }
    return try call.takeReceivedMessage()
  }
}
