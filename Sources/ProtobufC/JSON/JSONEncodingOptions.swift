public import ProtobufC

/// The choices of writing a message as JSON.
public struct JSONEncodingOptions: Sendable {
  /// Whether numbers of 64 bits are written as numbers.
  ///
  /// Defaults to `false`: they are strings, since JavaScript's numbers hold 53 bits.
  public var alwaysPrintInt64sAsNumbers = false

  /// Whether values of enums are written as numbers.
  ///
  /// Defaults to `false`: they are names, apart from those that have none. `google.protobuf.NullValue` is always
  /// `null`.
  public var alwaysPrintEnumsAsInts = false

  /// Whether fields have their names of the `.proto` file.
  ///
  /// Defaults to `false`: they have those of JSON, in `lowerCamelCase` or as the option `json_name` says.
  public var preserveProtoFieldNames = false

  /// Whether the entries of maps are sorted by their keys.
  ///
  /// Defaults to `false`: their order may differ from one run of the program to the next. Fields are always in the
  /// order of their numbers.
  public var useDeterministicOrdering = false

  /// The largest depth of nested objects and arrays, the outermost included.
  ///
  /// Defaults to 100. A deeper message is refused. `DecodingLimits` does not bound this depth: an element of a repeated
  /// field of messages is two levels deep, and an `Any` from a peer may nest as deep as its size allows.
  public var messageDepthLimit = 100

  /// The largest part of the stack that writing may use, in bytes.
  ///
  /// Defaults to 320 KiB, for threads with 512 KiB. A message that takes more is refused as too deep.
  public var maxStackBytes = 320 << 10

  /// The types that a `google.protobuf.Any` may have, besides Google's well-known types and those of the message's own
  /// file and of its imports.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
