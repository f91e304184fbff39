/// An error of writing a message as JSON.
public struct JSONEncodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, to branch on.
  public let code: Code

  /// The fault: for people, not to be parsed.
  ///
  /// It shows nothing of the message's content.
  public let message: String

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: The kind of failure.
  ///   - message: The fault, for people.
  public init(code: Code, message: String) {
    self.code = code
    self.message = message
  }

  /// The kind and the message in one line.
  public var description: String { "\(code): \(message)" }
}

extension JSONEncodingError {
  /// The kinds of failure.
  ///
  /// More may be added, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case invalidValue, unknownType, malformed, tooDeep
    }

    private let kind: Kind

    /// A value has no form in JSON, such as a timestamp after the year 9999.
    public static var invalidValue: Code { Code(kind: .invalidValue) }

    /// A `google.protobuf.Any` has a type that is not known.
    ///
    /// ``JSONEncodingOptions/types`` adds types to the known ones.
    public static var unknownType: Code { Code(kind: .unknownType) }

    /// The bytes of a `google.protobuf.Any` or of an extension are not a value of its type.
    public static var malformed: Code { Code(kind: .malformed) }

    /// Messages nest deeper than ``JSONEncodingOptions/messageDepthLimit`` or ``JSONEncodingOptions/maxStackBytes``
    /// allows.
    public static var tooDeep: Code { Code(kind: .tooDeep) }

    /// The kind's name, as in this declaration.
    public var description: String { kind.rawValue }
  }
}
