import CRouteGuide
public import ProtobufC

/// What someone says at a place.
public struct Routeguide_RouteNote: Message {
  /// The message's full name.
  public static let protoMessageName = "routeguide.RouteNote"

  /// Where it was said.
  public var location: Routeguide_Point?

  /// What was said.
  public var message: String

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(location: nil, message: "") }

  /// Creates a message.
  public init(location: Routeguide_Point?, message: String) {
    self.location = location
    self.message = message
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

  static func initialize(_ message: inout Routeguide__RouteNote) { routeguide__route_note__init(&message) }

  static func read(
    _ message: Routeguide__RouteNote,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_RouteNote {
    var value = Routeguide_RouteNote(
      location: try decoder.message(message.location, as: Routeguide_PointLayout.self),
      message: try decoder.string(message.message, field: 2)
    )
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Routeguide_RouteNote,
    to message: inout Routeguide__RouteNote,
    with encoder: inout MessageEncoder
  ) {
    message.location = encoder.message(value.location, as: Routeguide_PointLayout.self)
    message.message = encoder.string(value.message)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
