/// How one message is sent.
public struct WriteOptions: Sendable, Hashable {
  /// Whether the message is compressed, if the messages of its call are.
  ///
  /// Yes. No is for what does not get smaller, and for secrets beside text that a stranger chooses.
  public var allowsCompression: Bool

  /// Whether another message follows at once, so that the two may go out together.
  ///
  /// No: a message goes out at once.
  public var isFollowed: Bool

  /// Creates options.
  public init(allowsCompression: Bool = true, isFollowed: Bool = false) {
    self.allowsCompression = allowsCompression
    self.isFollowed = isFollowed
  }
}
