import CoreGRPC
import ProtobufCWellKnownTypes

extension Google_Rpc_Status {
  /// The message of a status, as it is on the wire.
  init(_ status: GoogleRPCStatus) {
    self.init(
      code: Int32(status.code.rawValue),
      message: status.message,
      details: status.details.map { Google_Protobuf_Any(typeURL: $0.typeURL, value: $0.value) }
    )
  }
}
