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
}
