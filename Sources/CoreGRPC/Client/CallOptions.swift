/// Settings of one call.
public struct CallOptions: Sendable {
  /// How long the call may take in all; then it ends with DEADLINE_EXCEEDED.
  ///
  /// `nil`, the default, leaves it to the channel's service config, and without one there is no limit. When both set one,
  /// the shorter counts.
  ///
  /// Measured on a clock that does not follow changes of the wall clock. With ``deadline`` the earlier one counts.
  ///
  /// The server is told of no more time than this, in C-core's few digits (`grpc-timeout`): a call may end up to 3 ms early, and up to
  /// 1 % early where C-core has no closer number, as for 1,009 ms. Less than a millisecond is no time. On a connection with calls of
  /// other timeouts C-core may name to the server one of those that is up to 3 % longer.
  public var timeout: Duration?

  /// When the call must have ended; then it ends with DEADLINE_EXCEEDED.
  ///
  /// `nil`, the default, for no limit.
  public var deadline: ContinuousClock.Instant? {
    get { deadlineBox?.instant }
    set { deadlineBox = newValue.map(Deadline.init) }
  }

  private var deadlineBox: Deadline?

  /// Whether a call that a handler makes ends when the handler's own call must have ended.
  ///
  /// On by default: nobody waits for what comes later. The deadline follows the tasks that a handler starts, except for
  /// detached ones.
  public var inheritsDeadline: Bool

  /// Whether the call waits for a connection while there is none, rather than fail with UNAVAILABLE.
  ///
  /// `nil`, the default, leaves it to the channel's service config, and without one the call fails.
  public var waitForReady: Bool?

  /// The authority to name to the server instead of the channel's, for this call.
  public var authority: String?

  /// The algorithm with which the call's messages to the server are compressed.
  ///
  /// `nil`, the default, for the channel's. A server that does not accept it ends the call with UNIMPLEMENTED. What comes
  /// back is the server's to decide, within what the channel accepts.
  public var compression: Compression.Algorithm?

  /// The largest message that this call may send, in bytes; a larger one ends it with RESOURCE_EXHAUSTED.
  ///
  /// `nil`, the default, for the channel's limit and that of its service config; the smallest of all counts. A message is
  /// measured when it has been serialized, before it is sent or compressed.
  public var maximumSendMessageSize: Int?

  /// The largest message that this call may receive, in bytes; a larger one ends it with RESOURCE_EXHAUSTED.
  ///
  /// `nil`, the default, for the channel's limit and that of its service config; the smallest of all counts. This limit is
  /// checked when the message has been received, so it spares its deserialization and not its memory. To bound memory
  /// use the other two.
  public var maximumReceiveMessageSize: Int?

  /// Creates options.
  public init(
    timeout: Duration? = nil,
    deadline: ContinuousClock.Instant? = nil,
    inheritsDeadline: Bool = true,
    waitForReady: Bool? = nil,
    authority: String? = nil,
    compression: Compression.Algorithm? = nil,
    maximumSendMessageSize: Int? = nil,
    maximumReceiveMessageSize: Int? = nil
  ) {
    self.timeout = timeout
    self.deadlineBox = deadline.map(Deadline.init)
    self.inheritsDeadline = inheritsDeadline
    self.waitForReady = waitForReady
    self.authority = authority
    self.compression = compression
    self.maximumSendMessageSize = maximumSendMessageSize
    self.maximumReceiveMessageSize = maximumReceiveMessageSize
  }

  /// Options that leave everything at its default.
  public static var defaults: CallOptions { CallOptions() }

  /// The time that the call has, by whichever limit is the earliest.
  var effectiveTimeout: Duration? {
    let inherited = inheritsDeadline ? CallDeadline.current : nil
    guard let earliest = deadlineBox ?? inherited else { return timeout }
    let left = min(earliest.instant, inherited?.instant ?? earliest.instant).timeLeft
    return timeout.map { min($0, left) } ?? left
  }
}
