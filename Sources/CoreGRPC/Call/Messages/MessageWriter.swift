/// Sends the messages of a call, one at a time and in the order of the calls to ``write(_:options:)``.
@usableFromInline
final class MessageWriter: Sendable {
  private let call: Call
  private let turns = TurnQueue()

  @usableFromInline
  init(call: Call) { self.call = call }

  /// Sends a message, and waits until flow control has let it pass.
  ///
  /// Cancelling the task cancels the call, also while other messages are sent first.
  ///
  /// - Returns: `false` when the call is over.
  @usableFromInline
  nonisolated(nonsending) func write(
    _ message: consuming MessageBuffer,
    options: WriteOptions
  ) async throws(RPCError) -> Bool {
    if !turns.beginAtOnce() {
      guard await turns.begin() else {
        call.cancel()
        throw RPCError(code: .cancelled, message: "the task was cancelled before the message's turn came")
      }
    }
    defer { turns.end() }
    return try await call.sendMessage(message, options: options)
  }
}
