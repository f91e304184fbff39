import CCompute
public import ProtobufC

/// The request of ``Compute_Compute``'s `SayHello`.
public struct Compute_HelloRequest: Message {
  /// The message's full name.
  public static let protoMessageName = "compute.HelloRequest"

  /// The text to measure.
  public var helloworld: String

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(helloworld: "") }

  /// Creates a message.
  public init(helloworld: String) { self.helloworld = helloworld }

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

  static func initialize(_ message: inout Compute__HelloRequest) { compute__hello_request__init(&message) }

  static func read(
    _ message: Compute__HelloRequest,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Compute_HelloRequest {
    var value = Compute_HelloRequest(helloworld: try decoder.string(message.helloworld, field: 1))
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Compute_HelloRequest,
    to message: inout Compute__HelloRequest,
    with encoder: inout MessageEncoder
  ) {
    message.helloworld = encoder.string(value.helloworld)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
