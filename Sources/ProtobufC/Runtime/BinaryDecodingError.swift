/// An error of decoding a message from bytes.
public struct BinaryDecodingError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, to branch on.
  public let code: Code

  /// The fault, and its place if that is known: for people, not to be parsed.
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
  public var description: String {
    "\(code): \(message)"
  }
}

extension BinaryDecodingError {
  /// The kinds of failure.
  ///
  /// More may be added, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case malformed, invalidUTF8, tooDeep, tooLarge
    }

    private let kind: Kind

    /// The bytes are not protobuf's wire format, or lack a required field.
    public static var malformed: Code { Code(kind: .malformed) }

    /// A `string` field holds bytes that are not UTF-8.
    public static var invalidUTF8: Code { Code(kind: .invalidUTF8) }

    /// Sub-messages nest deeper than ``DecodingLimits/maxDepth``.
    public static var tooDeep: Code { Code(kind: .tooDeep) }

    /// Decoding takes more than ``DecodingLimits/maxMemoryBytes``.
    public static var tooLarge: Code { Code(kind: .tooLarge) }

    /// The kind's name, as in this declaration.
    public var description: String { kind.rawValue }
  }
}
