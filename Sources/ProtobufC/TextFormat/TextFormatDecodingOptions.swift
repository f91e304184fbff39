public import ProtobufC

/// The choices of reading a message from text format.
public struct TextFormatDecodingOptions: Sendable {
  /// Whether fields that are not known are ignored.
  ///
  /// Defaults to `false`: they are errors, unless the message reserves the field's name (`reserved "name";`).
  public var ignoreUnknownFields = false

  /// Whether extensions that are not known are ignored.
  ///
  /// Defaults to `false`: they are errors, unless ``ignoreUnknownFields`` is on.
  public var ignoreUnknownExtensionFields = false

  /// The largest depth of nested messages and lists, without the outermost message.
  ///
  /// Defaults to 100. A message in a list is two levels deep.
  public var messageDepthLimit = 100

  /// The largest part of the stack that reading may use, in bytes.
  ///
  /// Defaults to 320 KiB, for threads with 512 KiB. A text that takes more is refused as too deep.
  public var maxStackBytes = 320 << 10

  /// The largest memory that the last step of reading may use, in bytes, as in `DecodingLimits`.
  ///
  /// Defaults to 64 MiB. The last step decodes the message from protobuf's wire format, into which the text is
  /// converted first.
  public var maxMemoryBytes = 64 << 20

  /// The types that a `google.protobuf.Any` may have, besides Google's well-known types and those of the message's own
  /// file and of its imports.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
