public import ProtobufC

/// The choices of writing a message in text format.
public struct TextFormatEncodingOptions: Sendable {
  /// Whether the fields that the message's type does not know are written, under their numbers.
  ///
  /// Defaults to `true`. A text with such fields is for people: it cannot be read again.
  public var printUnknownFields = true

  /// The types that a `google.protobuf.Any` may have, besides those of the message's own file and of its imports.
  ///
  /// An `Any` of another type is written as its URL and its bytes.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
