/// An error of a program's own that says which status a call shall end with.
///
/// Without it, an error that a handler throws becomes UNKNOWN and its text stays on the server.
public protocol RPCErrorConvertible: Error {
  /// The status code.
  var rpcErrorCode: RPCError.Code { get }

  /// The message that the client sees.
  var rpcErrorMessage: String { get }

  /// The metadata to send with the status.
  var rpcErrorMetadata: Metadata { get }
}

extension RPCErrorConvertible {
  /// No metadata.
  public var rpcErrorMetadata: Metadata { [:] }
}

extension RPCError {
  /// The status that an error stands for.
  public init(_ error: some RPCErrorConvertible) {
    self.init(
      code: error.rpcErrorCode,
      message: error.rpcErrorMessage,
      metadata: error.rpcErrorMetadata,
      cause: error
    )
  }
}
