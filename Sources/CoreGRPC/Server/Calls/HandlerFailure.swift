/// The errors that handlers throw.
enum HandlerFailure {
  /// Returns the error that ends a call whose handler threw `error`.
  ///
  /// Logs an error whose text the client does not learn.
  static func error(for error: any Error, of method: MethodDescriptor) -> RPCError {
    switch error {
    case let error as RPCError:
      guard let ending = error.endingHandler else {
        if let cause = error.hiddenCause { report(cause, of: method) }
        return error
      }
      // A client that disconnected, or whose deadline passed, needs no investigation.
      let level: CoreGRPCLog.Level = [.cancelled, .deadlineExceeded].contains(error.code) ? .info : .error
      CoreGRPCLog.report(level) {
        CoreGRPCLog.Event(level: level, message: "a call that the handler made failed: \(error)", method: method)
      }
      return ending
    case let error as any RPCErrorConvertible:
      return RPCError(error)
    case is CancellationError:
      return RPCError(code: .cancelled, message: "the handler was cancelled")
    default:
      report(error, of: method)
      // Without the error's text, which may be a secret.
      return RPCError(code: .unknown, message: "the handler failed", cause: error)
    }
  }

  private static func report(_ error: any Error, of method: MethodDescriptor) {
    CoreGRPCLog.report(.error) {
      CoreGRPCLog.Event(level: .error, message: "the handler failed: \(error)", method: method)
    }
  }
}
