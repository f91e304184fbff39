public import ProtobufC

/// The choices of writing a message as JSON.
public struct JSONEncodingOptions: Sendable {
  /// Whether numbers of 64 bits are written as numbers.
  ///
  /// Defaults to `false`: they are strings, since JavaScript's numbers hold 53 bits.
  public var alwaysPrintInt64sAsNumbers = false

  /// Whether values of enums are written as numbers.
  ///
  /// Defaults to `false`: they are names, apart from those that have none.
  public var alwaysPrintEnumsAsInts = false

  /// Whether fields have their names of the `.proto` file.
  ///
  /// Defaults to `false`: they have those of JSON, `lowerCamelCase` or what the `.proto` file says as `json_name`.
  public var preserveProtoFieldNames = false

  /// Whether the entries of maps are sorted by their keys.
  ///
  /// Defaults to `false`: they come in any order, and in another one each time. Fields are always in the order of their
  /// numbers.
  public var useDeterministicOrdering = false

  /// The largest depth of nested objects and arrays.
  ///
  /// Defaults to 100. A message beyond it is refused: one from a peer may hold an `Any` in an `Any`, and so on.
  public var messageDepthLimit = 100

  /// The largest part of the stack that writing may use, in bytes.
  ///
  /// Defaults to 320 KiB, for threads with 512 KiB. A message beyond it is too deep.
  public var maxStackBytes = 320 << 10

  /// The types that a `google.protobuf.Any` may have, besides those of the message's own file and of its imports.
  public var types: MessageTypeRegistry = []

  /// Creates options with their defaults.
  public init() {}
}
