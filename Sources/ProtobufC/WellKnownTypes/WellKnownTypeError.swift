/// An error of converting a well-known message to a type of Swift, or back.
public struct WellKnownTypeError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of failure, to branch on.
  public let code: Code

  /// The fault: for people, not to be parsed.
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

extension WellKnownTypeError {
  /// The kinds of failure.
  ///
  /// More may be added, so a `switch` over them needs a `default`.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    private enum Kind: String {
      case outOfRange, malformed
    }

    private let kind: Kind

    /// The value lies beyond what the message may hold.
    public static var outOfRange: Code { Code(kind: .outOfRange) }

    /// The fields of the message contradict its definition.
    public static var malformed: Code { Code(kind: .malformed) }

    /// The kind's name, as in this declaration.
    public var description: String { kind.rawValue }
  }
}
