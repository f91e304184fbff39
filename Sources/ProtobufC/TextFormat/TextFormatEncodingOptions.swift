public import ProtobufC

/// The choices of writing a message in text format.
public struct TextFormatEncodingOptions: Sendable {
  /// Whether fields that are not known are written, under their numbers.
  ///
  /// Defaults to `true`. So are extensions whose bytes are not a value of their type. A text with such fields is for
  /// people: it cannot be read again.
  public var printUnknownFields = true

  /// The types that a `google.protobuf.Any` may have, besides Google's well-known types and those of the message's own
  /// file and of its imports.
  ///
  /// An `Any` of another type is written as its URL and its bytes. So is one whose bytes are not a message of its type,
  /// or whose message nests deeper than 100 levels, which bounds the length of the text.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
