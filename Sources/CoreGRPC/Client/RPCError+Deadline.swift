extension RPCError {
  /// The error of a call whose deadline may have ended it.
  ///
  /// At the deadline both ends end a call. Where the server is first, or the connection ends with it, C-core reports how the stream
  /// ended: CANCELLED or INTERNAL when it was reset, UNAVAILABLE when the connection was closed, UNKNOWN when it was gone without a
  /// reason. A caller that has no time left wants to know that.
  ///
  /// - Parameters:
  ///   - deadlineHasPassed: Whether the call's deadline has passed.
  ///   - isCancelledHere: Whether this end has cancelled the call, which then is what ended it.
  /// - Returns: DEADLINE_EXCEEDED, with the same metadata and with this error as its cause, or this error.
  func considering(deadlineHasPassed: Bool, isCancelledHere: Bool) -> RPCError {
    guard deadlineHasPassed, !isCancelledHere, isEndOfStream else { return self }
    return RPCError(code: .deadlineExceeded, message: "Deadline Exceeded", metadata: metadata, cause: self)
  }

  /// Whether this is how C-core reports that a stream has ended, and not what a server says of a call.
  private var isEndOfStream: Bool {
    switch code {
    case .cancelled, .unavailable: true
    case .internalError: message.hasPrefix("Received RST_STREAM")
    case .unknown: message.hasPrefix("Stream removed")
    default: false
    }
  }
}
