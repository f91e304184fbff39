import CCompute
public import ProtobufC

/// The request of ``Compute_Compute``'s `SayHello`.
public struct Compute_HelloRequest: Message {
  /// The text to measure.
  public var helloworld: String

  /// Creates a message whose fields have their defaults.
  public init() { self.init(helloworld: "") }

  /// Creates a message.
  public init(helloworld: String) { self.helloworld = helloworld }

  /// Decodes a message, see `ProtobufC.Message`.
  public init(serializedBytes bytes: RawSpan, limits: DecodingLimits) throws(DecodingError) {
    self = try Layout.decode(bytes, limits: limits)
  }

  /// Encodes this message into memory of the caller's choice, see `ProtobufC.Message`.
  public func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try Layout.encode(self, into: makeBuffer)
  }
}

private enum Layout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Compute__HelloRequest) { compute__hello_request__init(&message) }

  static func read(
    _ message: Compute__HelloRequest,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Compute_HelloRequest {
    Compute_HelloRequest(helloworld: try decoder.string(message.helloworld, field: 1))
  }

  static func write(
    _ value: Compute_HelloRequest,
    to message: inout Compute__HelloRequest,
    with encoder: inout MessageEncoder
  ) {
    message.helloworld = encoder.string(value.helloworld)
  }
}
