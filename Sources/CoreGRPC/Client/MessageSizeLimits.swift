extension CallOptions {
  /// The limits of one call, which C-core does not know.
  var sizeLimits: MessageSizeLimits {
    MessageSizeLimits(sent: maxRequestMessageBytes, received: maxResponseMessageBytes)
  }
}

/// The largest messages that a call may send and receive, in bytes; `nil` for C-core's limits.
struct MessageSizeLimits: Sendable {
  let sent: Int?
  let received: Int?

  /// - Throws: ``RPCError/Code/resourceExhausted``.
  func checkSent(byteCount: Int) throws(RPCError) { try Self.check(byteCount, against: sent, "sent") }

  /// - Throws: ``RPCError/Code/resourceExhausted``.
  func checkReceived(byteCount: Int) throws(RPCError) { try Self.check(byteCount, against: received, "received") }

  private static func check(_ byteCount: Int, against limit: Int?, _ verb: String) throws(RPCError) {
    guard let limit, byteCount > limit else { return }
    let message = "a message of \(byteCount) bytes cannot be \(verb): the call's limit is \(limit)"
    throw RPCError(code: .resourceExhausted, message: message).comingOutOfChannel()
  }
}
