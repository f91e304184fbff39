extension StreamingClientResponse {
  /// Waits until the first message has come, or the call has ended without one.
  ///
  /// So an interceptor can tell whether a call failed before it hands out the response, for instance to try again:
  ///
  /// ```swift
  /// do {
  ///   return try await next(request, context).awaitingFirstMessage()
  /// } catch let error as RPCError where error.code == .unauthenticated {
  ///   return try await next(renewed(request), context)
  /// }
  /// ```
  ///
  /// - Returns: The same response, of which no message is lost.
  /// - Throws: The status of a call that failed before its first message.
  public func awaitingFirstMessage() async throws(RPCError) -> Self {
    let messages = messages.receivedMessages
    var iterator = messages.makeAsyncIterator()
    let first = Locked(try await iterator.next(isolation: nil))
    var response = self
    response.messages = RPCAsyncSequence(receiving: {
      if let first = first.withLock({ $0.take() }) { return first }
      var iterator = messages.makeAsyncIterator()
      return try await iterator.next(isolation: nil)
    })
    return response
  }
}
