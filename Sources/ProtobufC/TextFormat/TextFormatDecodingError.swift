internal import ProtobufC

/// An error of reading a message from text format.
public struct TextFormatDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
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

extension TextFormatDecodingError {
  /// The kinds of failure.
  ///
  /// More may be added, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case malformed, invalidValue, unknownField, unknownType, duplicateField, missingField, tooDeep, tooLarge
    }

    private let kind: Kind

    /// The text is not in protobuf's text format.
    public static var malformed: Code { Code(kind: .malformed) }

    /// A value is not of its field's type.
    public static var invalidValue: Code { Code(kind: .invalidValue) }

    /// The text has a field that its message does not have, and ``TextFormatDecodingOptions/ignoreUnknownFields`` is
    /// off.
    public static var unknownField: Code { Code(kind: .unknownField) }

    /// A `google.protobuf.Any` has a type that is not known.
    ///
    /// ``TextFormatDecodingOptions/types`` adds types to the known ones.
    public static var unknownType: Code { Code(kind: .unknownType) }

    /// A singular field, a one-of or the message of an `Any` is there twice.
    public static var duplicateField: Code { Code(kind: .duplicateField) }

    /// A field that proto2 requires is not there.
    public static var missingField: Code { Code(kind: .missingField) }

    /// Messages and lists nest deeper than ``TextFormatDecodingOptions/messageDepthLimit`` or
    /// ``TextFormatDecodingOptions/maxStackBytes`` allows.
    public static var tooDeep: Code { Code(kind: .tooDeep) }

    /// The last step of reading takes more than ``TextFormatDecodingOptions/maxMemoryBytes``.
    public static var tooLarge: Code { Code(kind: .tooLarge) }

    /// The kind's name, as in this declaration.
    public var description: String { kind.rawValue }
  }
}
