extension RPCError {
  /// Returns the error of a call whose deadline may have ended it.
  ///
  /// At the deadline both ends end a call. If the server is first, or the connection ends with the call, C-core reports
  /// how the stream ended: CANCELLED or INTERNAL when it was reset, UNAVAILABLE when the connection was closed, UNKNOWN
  /// when it ended without a reason. A caller that has no time left should learn that.
  ///
  /// - Parameters:
  ///   - deadlineHasPassed: Whether the call's deadline has passed.
  ///   - isCancelledHere: Whether this end has cancelled the call, and so has ended it.
  /// - Returns: DEADLINE_EXCEEDED, with the same metadata and with this error as its cause, or this error.
  func considering(deadlineHasPassed: Bool, isCancelledHere: Bool) -> RPCError {
    guard deadlineHasPassed, !isCancelledHere, isEndOfStream else { return self }
    return RPCError(code: .deadlineExceeded, message: "Deadline Exceeded", metadata: metadata, cause: self)
  }

  /// The beginnings of C-core's messages about a stream that was reset, or that ended without a reason.
  ///
  /// gRPC 1.85 puts the cause after the first one, or has it alone.
  private static let endsOfStream = ["Stream removed", "Received RST_STREAM", "RST_STREAM (Received RST_STREAM"]

  /// Whether the error is C-core's report of the end of a stream, and not a server's status.
  private var isEndOfStream: Bool {
    switch code {
    case .cancelled, .unavailable: true
    case .internalError, .unknown: Self.endsOfStream.contains { message.hasPrefix($0) }
    default: false
    }
  }
}
