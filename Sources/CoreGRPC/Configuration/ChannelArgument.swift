/// The value of one of C-core's channel arguments.
///
/// See <https://grpc.github.io/grpc/core/group__grpc__arg__keys.html> for their names.
public enum ChannelArgument: Sendable, Hashable {
  /// A number, or a switch: 0 for off, 1 for on.
  case integer(Int32)

  /// A text, up to its first NUL character.
  case string(String)
}

extension ChannelArgument: ExpressibleByIntegerLiteral {
  /// A number.
  public init(integerLiteral value: Int32) { self = .integer(value) }
}

extension ChannelArgument: ExpressibleByBooleanLiteral {
  /// A switch.
  public init(booleanLiteral value: Bool) { self = .integer(value ? 1 : 0) }
}

extension ChannelArgument: ExpressibleByStringLiteral {
  /// A text.
  public init(stringLiteral value: String) { self = .string(value) }
}
