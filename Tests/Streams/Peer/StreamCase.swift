/// The cases of `stream-peer call`.
enum StreamCase: String, CaseIterable {
  /// Streams of 0, 1, 100 and 1,000 messages.
  case counts
  /// Messages from nothing to 3 MiB, and 10 MB in messages of 100 kB.
  case sizes
  /// A conversation: each message is sent when the answer to the one before has come.
  case pingPong = "ping-pong"
  /// A server that continues to send after the client's half-close.
  case halfClose = "half-close"
  /// Messages that are compressed.
  case compression
  /// Metadata in all places, text and binary.
  case metadata
  /// 4 kB of metadata in each direction.
  case largeMetadata = "large-metadata"
  /// Every status code with a message and trailing metadata.
  case codes
  /// Status messages: empty, with line breaks, beyond ASCII, of several thousand bytes.
  case messages
  /// A status message that is larger than the peer accepts: its code arrives, and its beginning.
  case oversizedMessage = "oversized-message"
  /// The server ends a call with OK while the client sends without end.
  case earlyOK = "early-ok"
  /// The server fails a call while the client sends without end.
  case earlyError = "early-error"
  /// A task that is cancelled in the middle of a call; the server learns of it.
  case cancel
  /// A deadline that passes in the middle of a call; the server learns of it.
  case deadline
  /// Many calls past their deadline, 64 at a time, all of which end with DEADLINE_EXCEEDED.
  case deadlines
}
