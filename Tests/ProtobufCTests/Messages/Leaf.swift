internal import CProtobufC
internal import CTestMessages
internal import ProtobufC

struct Leaf: Message {
  static let protoMessageName = "test.Leaf"

  var name = ""

  var unknownFields = UnknownFields()

  init() {}

  init(_ name: String) {
    self.name = name
  }

  init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try LeafLayout.decode(bytes, limits: limits)
  }

  func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try LeafLayout.encode(self, into: makeBuffer)
  }

  var debugDescription: String { LeafLayout.debugDescription(of: self) }
}

enum LeafLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Test__Leaf) {
    test__leaf__init(&message)
  }

  static func read(_ message: Test__Leaf, from decoder: MessageDecoder) throws(DecodingError) -> Leaf {
    var value = Leaf(try decoder.string(message.name, field: 1))
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(_ value: Leaf, to message: inout Test__Leaf, with encoder: inout MessageEncoder) {
    message.name = encoder.string(value.name)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
