public import CoreGRPC
public import ProtobufC
import ProtobufCWellKnownTypes

extension RPCError {
  /// The status with details that the server sent, from the metadata `grpc-status-details-bin`.
  ///
  /// - Returns: `nil`, if the server sent none, or one whose code is OK or unknown.
  /// - Throws: `DecodingError`, if what it sent is no `google.rpc.Status`.
  public func unpackGoogleRPCStatus() throws(DecodingError) -> GoogleRPCStatus? {
    guard let bytes = metadata[binaryValues: GoogleRPCStatus.metadataKey].first else { return nil }
    let status = try Google_Rpc_Status(serializedBytes: bytes)
    guard let code = Status.Code(rawValue: Int(status.code)).flatMap(Code.init) else { return nil }
    let details = status.details.map { GoogleRPCStatus.Detail(typeURL: $0.typeURL, value: $0.value) }
    return GoogleRPCStatus(code: code, message: status.message, details: details)
  }
}
