import CCompute
public import ProtobufC

/// The response of ``Compute_Compute``'s `SayHello`.
public struct Compute_HelloReply: Message {
  /// The message's full name.
  public static let protoMessageName = "compute.HelloReply"

  /// The number of Unicode code points in the text, in decimal digits.
  public var result: String

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(result: "") }

  /// Creates a message.
  public init(result: String) { self.result = result }

  /// Decodes a message, see `ProtobufC.Message`.
  public init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try Layout.decode(bytes, limits: limits)
  }

  /// Encodes this message into memory of the caller's choice, see `ProtobufC.Message`.
  public func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try Layout.encode(self, into: makeBuffer)
  }

  /// The fields in protobuf's text format.
  public var debugDescription: String { Layout.debugDescription(of: self) }
}

private enum Layout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Compute__HelloReply) { compute__hello_reply__init(&message) }

  static func read(
    _ message: Compute__HelloReply,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Compute_HelloReply {
    var value = Compute_HelloReply(result: try decoder.string(message.result, field: 1))
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Compute_HelloReply,
    to message: inout Compute__HelloReply,
    with encoder: inout MessageEncoder
  ) {
    message.result = encoder.string(value.result)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
