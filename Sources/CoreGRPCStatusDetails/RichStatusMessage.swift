import CGoogleRPC
import CoreGRPC
import ProtobufC

/// A `google.rpc.Status` as it is on the wire.
struct RichStatusMessage: Message {
  static let protoMessageName = "google.rpc.Status"

  var code: Int32 = 0
  var message = ""
  var details: [GoogleRPCStatus.Detail] = []

  var unknownFields = UnknownFields()

  init() {}

  init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try RichStatusLayout.decode(bytes, limits: limits)
  }

  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try RichStatusLayout.encode(self, into: makeBuffer)
  }

  var debugDescription: String { RichStatusLayout.debugDescription(of: self) }
}

extension RichStatusMessage {
  init(_ status: GoogleRPCStatus) {
    code = Int32(status.code.rawValue)
    message = status.message
    details = status.details
  }
}

private enum RichStatusLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout CoregrpcWire__RichStatus) { coregrpc_wire__rich_status__init(&message) }

  static func read(
    _ message: CoregrpcWire__RichStatus,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> RichStatusMessage {
    var value = RichStatusMessage()
    value.code = message.code
    value.message = try decoder.string(message.message, field: 2)
    value.details = try decoder.messages(message.details, count: message.n_details, as: DetailLayout.self)
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: RichStatusMessage,
    to message: inout CoregrpcWire__RichStatus,
    with encoder: inout MessageEncoder
  ) {
    message.code = value.code
    message.message = encoder.string(value.message)
    message.n_details = value.details.count
    message.details = encoder.messages(value.details, as: DetailLayout.self)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}

private enum DetailLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout CoregrpcWire__Detail) { coregrpc_wire__detail__init(&message) }

  static func read(
    _ message: CoregrpcWire__Detail,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> GoogleRPCStatus.Detail {
    GoogleRPCStatus.Detail(
      typeURL: try decoder.string(message.type_url, field: 1),
      value: decoder.bytes(message.value)
    )
  }

  static func write(
    _ value: GoogleRPCStatus.Detail,
    to message: inout CoregrpcWire__Detail,
    with encoder: inout MessageEncoder
  ) {
    message.type_url = encoder.string(value.typeURL)
    message.value = encoder.bytes(value.value)
  }
}
