import CRouteGuide
public import ProtobufC

/// A place, in degrees times 10,000,000, rounded: latitude from -90 to 90, longitude from -180 to 180.
public struct Routeguide_Point: Message {
  /// The message's full name.
  public static let protoMessageName = "routeguide.Point"

  /// The distance from the equator, to the north.
  public var latitude: Int32

  /// The distance from the zero meridian, to the east.
  public var longitude: Int32

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(latitude: 0, longitude: 0) }

  /// Creates a message.
  public init(latitude: Int32, longitude: Int32) {
    self.latitude = latitude
    self.longitude = longitude
  }

  /// Decodes a message, see `ProtobufC.Message`.
  public init(serializedBytes bytes: borrowing SerializedBytes, limits: DecodingLimits) throws(DecodingError) {
    self = try Routeguide_PointLayout.decode(bytes, limits: limits)
  }

  /// Encodes this message into memory of the caller's choice, see `ProtobufC.Message`.
  public func serialize<Buffer: ~Copyable, Failure: Error>(
    into makeBuffer: (_ byteCount: Int, _ fill: (inout OutputRawSpan) -> Void) throws(Failure) -> Buffer
  ) throws(Failure) -> Buffer {
    try Routeguide_PointLayout.encode(self, into: makeBuffer)
  }

  /// The fields in protobuf's text format.
  public var debugDescription: String { Routeguide_PointLayout.debugDescription(of: self) }
}

/// Internal, because other messages hold this one.
enum Routeguide_PointLayout: MessageLayout {
  static let schema = MessageSchema(of: Self.self)

  static func initialize(_ message: inout Routeguide__Point) { routeguide__point__init(&message) }

  static func read(
    _ message: Routeguide__Point,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_Point {
    var value = Routeguide_Point(
      latitude: message.latitude,
      longitude: message.longitude
    )
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Routeguide_Point,
    to message: inout Routeguide__Point,
    with encoder: inout MessageEncoder
  ) {
    message.latitude = value.latitude
    message.longitude = value.longitude
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
