/// An error of a program's own that determines the status with which a call ends.
///
/// Without it, an error that a handler throws becomes UNKNOWN and its text stays on the server.
public protocol RPCErrorConvertible: Error {
  /// The status code.
  var rpcErrorCode: RPCError.Code { get }

  /// The message that the client sees.
  var rpcErrorMessage: String { get }

  /// The metadata to send with the status.
  var rpcErrorMetadata: Metadata { get }

  /// The error that caused it, which stays in this process.
  var rpcErrorCause: (any Error)? { get }
}

extension RPCErrorConvertible {
  /// No metadata.
  public var rpcErrorMetadata: Metadata { [:] }

  /// The error itself.
  public var rpcErrorCause: (any Error)? { self }
}

extension RPCError {
  /// The status that an error stands for.
  public init(_ error: some RPCErrorConvertible) {
    self.init(
      code: error.rpcErrorCode,
      message: error.rpcErrorMessage,
      metadata: error.rpcErrorMetadata,
      cause: error.rpcErrorCause
    )
  }
}

extension RPCError: RPCErrorConvertible {
  /// The status code.
  public var rpcErrorCode: Code { code }

  /// The message.
  public var rpcErrorMessage: String { message }

  /// The trailing metadata.
  public var rpcErrorMetadata: Metadata { metadata }

  /// The error that caused this one.
  public var rpcErrorCause: (any Error)? { cause }
}
