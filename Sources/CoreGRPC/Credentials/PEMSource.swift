/// Where certificates or a private key come from, in the PEM format.
///
/// No description of it shows the text: that may be a private key.
public struct PEMSource: Sendable, Hashable {
  enum Value: Sendable, Hashable {
    case text(String)
    case file(path: String)
  }

  let value: Value

  /// PEM text that the program has.
  public static func text(_ text: String) -> Self { Self(value: .text(text)) }

  /// A file of PEM text.
  ///
  /// A channel reads it when it is created, a server also whenever it has changed.
  public static func file(_ path: String) -> Self { Self(value: .file(path: path)) }
}

extension PEMSource: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  /// The file's path, or that it is a text.
  public var description: String {
    switch value {
    case .text: "PEM text"
    case .file(let path): path
    }
  }

  /// The same as the description.
  public var debugDescription: String { description }

  /// Nothing.
  public var customMirror: Mirror { Mirror(self, children: []) }
}
