/// The source of certificates or of a private key, in the PEM format.
///
/// Its descriptions do not show the text, which may be a private key.
public struct PEMSource: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case text(String)
    case file(path: String)
  }

  let value: Value

  /// PEM text in memory.
  public static func text(_ text: String) -> Self { Self(value: .text(text)) }

  /// A file of PEM text.
  ///
  /// A channel and a server read it again when it has changed.
  public static func file(_ path: String) -> Self { Self(value: .file(path: path)) }
}

extension PEMSource: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The file's path, or `PEM text`.
  public var description: String {
    switch value {
    case .text: "PEM text"
    case .file(let path): path
    }
  }

  /// The same as the description.
  public var debugDescription: String { description }

  /// A mirror without children.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
