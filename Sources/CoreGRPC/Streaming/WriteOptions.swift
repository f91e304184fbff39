/// The manner of sending one message.
public struct WriteOptions: Sendable, Hashable {
  /// Whether the message is compressed, if the messages of its call are.
  ///
  /// Defaults to `true`. Set it to `false` for content that does not get smaller, and for secrets beside text that a
  /// stranger chooses.
  public var allowsCompression: Bool

  /// Whether another message follows immediately, so that C-core may send the two together.
  ///
  /// Defaults to `false`: the message is sent immediately.
  public var isFollowed: Bool

  /// Creates options.
  ///
  /// - Parameters:
  ///   - allowsCompression: Whether the message may be compressed. Defaults to `true`.
  ///   - isFollowed: Whether another message follows immediately. Defaults to `false`.
  public init(allowsCompression: Bool = true, isFollowed: Bool = false) {
    self.allowsCompression = allowsCompression
    self.isFollowed = isFollowed
  }
}
