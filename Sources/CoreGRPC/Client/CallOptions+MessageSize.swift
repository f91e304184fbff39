/// The limits of one call, which C-core does not know of.
extension CallOptions {
  /// - Throws: ``RPCError/Code/resourceExhausted``.
  func checkSent(byteCount: Int) throws(RPCError) {
    try Self.check(byteCount, against: maximumSendMessageSize, "sent")
  }

  /// - Throws: ``RPCError/Code/resourceExhausted``.
  func checkReceived(byteCount: Int) throws(RPCError) {
    try Self.check(byteCount, against: maximumReceiveMessageSize, "received")
  }

  private static func check(_ byteCount: Int, against limit: Int?, _ verb: String) throws(RPCError) {
    guard let limit, byteCount > limit else { return }
    let message = "a message of \(byteCount) bytes cannot be \(verb): the call's limit is \(limit)"
    throw RPCError(code: .resourceExhausted, message: message)
  }
}
