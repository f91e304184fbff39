import CoreGRPC

extension CoregrpcWire_RichStatus {
  /// The message of a status, as it is on the wire.
  init(_ status: GoogleRPCStatus) {
    self.init(
      code: Int32(status.code.rawValue),
      message: status.message,
      details: status.details.map { CoregrpcWire_Detail(typeURL: $0.typeURL, value: $0.value) }
    )
  }
}
