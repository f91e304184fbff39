internal import ProtobufC

/// An error of reading a message from JSON.
public struct JSONDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, to branch on.
  public let code: Code

  /// The fault, and its line and column if they are known: for people, not to be parsed.
  ///
  /// It shows nothing of the content. The last step of reading, which makes the message itself, knows no line and
  /// column.
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

  /// Converts the error of the last step, in which the message itself is made.
  init(_ error: BinaryDecodingError) {
    let code: Code =
      switch error.code {
      case .tooDeep: .tooDeep
      case .tooLarge: .tooLarge
      default: .invalidValue
      }
    self.init(code: code, message: error.message)
  }

  /// The kind and the message in one line.
  public var description: String { "\(code): \(message)" }
}

extension JSONDecodingError {
  /// The kinds of failure.
  ///
  /// More may be added, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case malformed, invalidValue, unknownField, unknownType, duplicateField, missingField, tooDeep, tooLarge
    }

    private let kind: Kind

    /// The text is not JSON in UTF-8.
    public static var malformed: Code { Code(kind: .malformed) }

    /// A value is not of its field's type, or an `Any` lacks its type or its value.
    public static var invalidValue: Code { Code(kind: .invalidValue) }

    /// The text has a field that its message does not have, and ``JSONDecodingOptions/ignoreUnknownFields`` is off.
    public static var unknownField: Code { Code(kind: .unknownField) }

    /// A `google.protobuf.Any` has a type that is not known.
    ///
    /// ``JSONDecodingOptions/types`` adds types to the known ones.
    public static var unknownType: Code { Code(kind: .unknownType) }

    /// A field, a one-of, a key of a map or the type of an `Any` is there twice.
    public static var duplicateField: Code { Code(kind: .duplicateField) }

    /// A field that proto2 requires is not there, or is `null`.
    public static var missingField: Code { Code(kind: .missingField) }

    /// Values nest deeper than ``JSONDecodingOptions/messageDepthLimit`` or ``JSONDecodingOptions/maxStackBytes``
    /// allows.
    public static var tooDeep: Code { Code(kind: .tooDeep) }

    /// The last step of reading takes more than ``JSONDecodingOptions/maxMemoryBytes``.
    public static var tooLarge: Code { Code(kind: .tooLarge) }

    /// The kind's name, as in this declaration.
    public var description: String { kind.rawValue }
  }
}
