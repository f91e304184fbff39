public import CoreGRPC
import ProtobufC

/// A status with details: gRPC's richer error model, in which a message `google.rpc.Status` travels in the trailing
/// metadata `grpc-status-details-bin`.
///
/// A handler throws one; a client finds it with ``CoreGRPC/RPCError/unpackGoogleRPCStatus()``. See
/// <https://grpc.io/docs/guides/error/#richer-error-model>.
public struct GoogleRPCStatus: RPCErrorConvertible, Hashable {
  /// The code; never OK.
  public var code: RPCError.Code

  /// A message for people.
  public var message: String

  /// The details: messages of any type.
  public var details: [Detail]

  /// Creates a status.
  public init(code: RPCError.Code, message: String, details: [Detail] = []) {
    self.code = code
    self.message = message
    self.details = details
  }

  /// The code.
  public var rpcErrorCode: RPCError.Code { code }

  /// The message.
  public var rpcErrorMessage: String { message }

  /// The whole status, for whoever reads the details.
  public var rpcErrorMetadata: Metadata {
    [Self.metadataKey: .binary(Google_Rpc_Status(self).serializedBytes())]
  }

  static let metadataKey = "grpc-status-details-bin"
}
