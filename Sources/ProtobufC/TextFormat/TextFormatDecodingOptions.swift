public import ProtobufC

/// The choices of reading a message from text format.
public struct TextFormatDecodingOptions: Sendable {
  /// Whether fields that the message's type does not have are passed over.
  ///
  /// Defaults to `false`: they are errors.
  public var ignoreUnknownFields = false

  /// Whether extensions that are not known are passed over.
  ///
  /// Defaults to `false`: they are errors, unless ``ignoreUnknownFields`` is on.
  public var ignoreUnknownExtensionFields = false

  /// The largest depth of nested messages.
  ///
  /// Defaults to 100.
  public var messageDepthLimit = 100

  /// The largest part of the stack that reading may use, in bytes.
  ///
  /// Defaults to 320 KiB, for threads with 512 KiB. A text beyond it is too deep.
  public var maxStackBytes = 320 << 10

  /// The largest memory that the last step of reading may use, as in `DecodingLimits`, in bytes.
  ///
  /// Defaults to 64 MiB.
  public var maxMemoryBytes = 64 << 20

  /// The types that a `google.protobuf.Any` may have, besides those of the message's own file and of its imports.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
