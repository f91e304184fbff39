public import CoreGRPC
public import ProtobufC

extension RPCError {
  /// Reads the status with details that the server sent, from the metadata `grpc-status-details-bin`.
  ///
  /// ```swift
  /// let violations = try error.unpackGoogleRPCStatus()?.details.compactMap(\.badRequest).flatMap(\.violations)
  /// ```
  ///
  /// A detail of an unknown type becomes ``ErrorDetails/any-swift.property``, as does one whose bytes cannot be decoded
  /// as its type.
  ///
  /// - Returns: The status, or `nil` if the server sent none. If the status has a code that is OK or that gRPC does not
  ///   define, it gets the code of this error.
  /// - Throws: `BinaryDecodingError`, if the metadata is not a `google.rpc.Status`.
  public func unpackGoogleRPCStatus() throws(BinaryDecodingError) -> GoogleRPCStatus? {
    guard let bytes = metadata[binaryValues: GoogleRPCStatus.metadataKey].first else { return nil }
    return try GoogleRPCStatus(serializedBytes: bytes, defaultCode: code)
  }
}
