extension RPCError {
  /// Creates an error of a call from another error: unchanged if it is an error of a call already.
  ///
  /// - Parameter showsText: Whether the message contains the error's text. Must be `false` for a text that may be
  ///   secret and leaves the process.
  init(wrapping error: any Error, as code: Code, message: String, showsText: Bool = true) {
    if let error = error as? RPCError {
      self = error
    } else if let error = error as? any RPCErrorConvertible {
      self.init(error)
    } else {
      self.init(code: code, message: showsText ? "\(message): \(error)" : message, cause: error)
    }
  }

  /// Creates the error of a call in which a function of the program threw `error`: unchanged if it is an error of a
  /// call already.
  ///
  /// The message leaves out the error's text, which may be a secret and would leave the process. The cause and the log
  /// have the text.
  init(thrownByProgram error: any Error, message: String) {
    switch error {
    case let error as RPCError: self = error
    case let error as any RPCErrorConvertible: self.init(error)
    case is CancellationError: self.init(code: .cancelled, message: "\(message): it was cancelled", cause: error)
    default: self = RPCError(code: .unknown, message: message, cause: error).hidingCause()
    }
  }
}
