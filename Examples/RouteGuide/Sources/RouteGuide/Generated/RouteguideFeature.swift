import CRouteGuide
public import ProtobufC

/// Something with a name at a place.
public struct Routeguide_Feature: Message {
  /// Empty when nothing is known there.
  public var name: String

  /// Where it is.
  public var location: Routeguide_Point?

  /// Creates a message whose fields have their defaults.
  public init() { self.init(name: "", location: nil) }

  /// Creates a message.
  public init(name: String, location: Routeguide_Point?) {
    self.name = name
    self.location = location
  }

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

  static func initialize(_ message: inout Routeguide__Feature) { routeguide__feature__init(&message) }

  static func read(
    _ message: Routeguide__Feature,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_Feature {
    Routeguide_Feature(
      name: try decoder.string(message.name, field: 1),
      location: try decoder.message(message.location, as: Routeguide_PointLayout.self)
    )
  }

  static func write(
    _ value: Routeguide_Feature,
    to message: inout Routeguide__Feature,
    with encoder: inout MessageEncoder
  ) {
    message.name = encoder.string(value.name)
    message.location = encoder.message(value.location, as: Routeguide_PointLayout.self)
  }
}
