import CRouteGuide
public import ProtobufC

/// What there is to say about a route.
public struct Routeguide_RouteSummary: Message {
  /// The message's full name.
  public static let protoMessageName = "routeguide.RouteSummary"

  /// How many points came.
  public var pointCount: Int32

  /// How many of them had a feature.
  public var featureCount: Int32

  /// The length of the way from point to point, in metres.
  public var distance: Int32

  /// How long the recording took, in seconds.
  public var elapsedTime: Int32

  /// The fields that this type does not know.
  public var unknownFields = UnknownFields()

  /// Creates a message whose fields have their defaults.
  public init() { self.init(pointCount: 0, featureCount: 0, distance: 0, elapsedTime: 0) }

  /// Creates a message.
  public init(pointCount: Int32, featureCount: Int32, distance: Int32, elapsedTime: Int32) {
    self.pointCount = pointCount
    self.featureCount = featureCount
    self.distance = distance
    self.elapsedTime = elapsedTime
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

  static func initialize(_ message: inout Routeguide__RouteSummary) { routeguide__route_summary__init(&message) }

  static func read(
    _ message: Routeguide__RouteSummary,
    from decoder: MessageDecoder
  ) throws(DecodingError) -> Routeguide_RouteSummary {
    var value = Routeguide_RouteSummary(
      pointCount: message.point_count,
      featureCount: message.feature_count,
      distance: message.distance,
      elapsedTime: message.elapsed_time
    )
    value.unknownFields = decoder.unknownFields(message.base)
    return value
  }

  static func write(
    _ value: Routeguide_RouteSummary,
    to message: inout Routeguide__RouteSummary,
    with encoder: inout MessageEncoder
  ) {
    message.point_count = value.pointCount
    message.feature_count = value.featureCount
    message.distance = value.distance
    message.elapsed_time = value.elapsedTime
    encoder.unknownFields(value.unknownFields, in: &message.base)
  }
}
