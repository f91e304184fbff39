/// The messages of a call and their bytes, in both directions.
///
/// Sent messages count as the library hands them to C-core, before they are compressed, and received ones as C-core
/// hands them over: compressed ones that the library inflates count as they arrived. Neither includes the five bytes
/// with which HTTP/2 frames a message.
public struct CallTraffic: Sendable, Hashable {
  /// The number of messages that this end sent.
  public var sentMessages: Int

  /// The number of bytes in the messages that this end sent.
  public var sentBytes: Int

  /// The number of messages that this end received.
  public var receivedMessages: Int

  /// The number of bytes in the messages that this end received.
  public var receivedBytes: Int

  /// Creates the counts of a call, for tests of observers.
  ///
  /// - Parameters:
  ///   - sentMessages: The number of messages that were sent.
  ///   - sentBytes: The number of bytes in the messages that were sent.
  ///   - receivedMessages: The number of messages that were received.
  ///   - receivedBytes: The number of bytes in the messages that were received.
  public init(sentMessages: Int = 0, sentBytes: Int = 0, receivedMessages: Int = 0, receivedBytes: Int = 0) {
    self.sentMessages = sentMessages
    self.sentBytes = sentBytes
    self.receivedMessages = receivedMessages
    self.receivedBytes = receivedBytes
  }
}
