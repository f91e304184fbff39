extension RPCError {
  /// An error of other code as one of a call: unchanged if it is one already.
  ///
  /// - Parameter showsText: Whether the message says what the error says. Not for what may be secret and leaves the process.
  init(wrapping error: any Error, as code: Code, message: String, showsText: Bool = true) {
    if let error = error as? RPCError {
      self = error
    } else if let error = error as? any RPCErrorConvertible {
      self.init(error)
    } else {
      self.init(code: code, message: showsText ? "\(message): \(error)" : message, cause: error)
    }
  }

  /// The error of a call in which a function of the program threw `error`: unchanged if it is an error of a call already.
  ///
  /// The message has nothing of the error's text, which may be a secret and leave the process. The cause has it, and the log.
  init(thrownByProgram error: any Error, message: String) {
    switch error {
    case let error as RPCError: self = error
    case let error as any RPCErrorConvertible: self.init(error)
    case is CancellationError: self.init(code: .cancelled, message: "\(message): it was cancelled", cause: error)
    default: self = RPCError(code: .unknown, message: message, cause: error).hidingCause()
    }
  }
}
