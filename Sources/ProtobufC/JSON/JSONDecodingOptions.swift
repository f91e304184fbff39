public import ProtobufC

/// The choices of reading a message from JSON.
public struct JSONDecodingOptions: Sendable {
  /// Whether fields and names of enum values that are not known are ignored.
  ///
  /// Defaults to `false`: they are errors.
  public var ignoreUnknownFields = false

  /// The largest depth of nested objects and arrays, the outermost included.
  ///
  /// Defaults to 100. An element of a repeated field of messages is two levels deep: an object in an array.
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
