import CRouteGuide
public import ProtobufC

/// Something with a name at a place.
public struct Routeguide_Feature: Message {
  /// The message's full name.
  public static let protoMessageName = "routeguide.Feature"

  /// Empty when nothing is known there.
  public var name: String

  /// Where it is.
  public var location: Routeguide_Point?

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(name: "", location: nil) }

  /// Creates a message.
  public init(name: String, location: Routeguide_Point?) {
    self.name = name
    self.location = location
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

  static func initialize(_ message: inout Routeguide__Feature) { routeguide__feature__init(&message) }

  static func read(
    _ message: Routeguide__Feature,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_Feature {
    var value = Routeguide_Feature(
      name: try decoder.string(message.name, field: 1),
      location: try decoder.message(message.location, as: Routeguide_PointLayout.self)
    )
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Routeguide_Feature,
    to message: inout Routeguide__Feature,
    with encoder: inout MessageEncoder
  ) {
    message.name = encoder.string(value.name)
    message.location = encoder.message(value.location, as: Routeguide_PointLayout.self)
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
