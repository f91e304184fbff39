import CRouteGuide
public import ProtobufC

/// A piece of the map, by two of its corners that lie opposite each other.
public struct Routeguide_Rectangle: Message {
  /// The message's full name.
  public static let protoMessageName = "routeguide.Rectangle"

  /// One corner.
  public var lo: Routeguide_Point?

  /// The other corner.
  public var hi: Routeguide_Point?

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(lo: nil, hi: nil) }

  /// Creates a message.
  public init(lo: Routeguide_Point?, hi: Routeguide_Point?) {
    self.lo = lo
    self.hi = hi
  }

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

  static func initialize(_ message: inout Routeguide__Rectangle) { routeguide__rectangle__init(&message) }

  static func read(
    _ message: Routeguide__Rectangle,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_Rectangle {
    var value = Routeguide_Rectangle(
      lo: try decoder.message(message.lo, as: Routeguide_PointLayout.self),
      hi: try decoder.message(message.hi, as: Routeguide_PointLayout.self)
    )
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Routeguide_Rectangle,
    to message: inout Routeguide__Rectangle,
    with encoder: inout MessageEncoder
  ) {
    message.lo = encoder.message(value.lo, as: Routeguide_PointLayout.self)
    message.hi = encoder.message(value.hi, as: Routeguide_PointLayout.self)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
