/// Settings of one call.
public struct CallOptions: Sendable {
  /// The longest duration of the call, after which it ends with DEADLINE_EXCEEDED.
  ///
  /// Defaults to `nil`: the timeout of the channel's service config applies, and without one there is no limit. If both
  /// are set, the shorter applies. With ``deadline``, the earlier end applies. The clock does not follow changes of the
  /// wall clock.
  ///
  /// The server is told of no more, as far as the C-core that is loaded permits: <doc:DeadlinesAndCancellation> says
  /// which one does not. As C-core may send the timeout in few digits (`grpc-timeout`), it is rounded down: a call may
  /// end up to 3 ms early, or up to 1 % early where there is no closer number, as for 1,009 ms. A timeout below a
  /// millisecond counts as zero.
  public var timeout: Duration?

  /// The instant at which the call ends with DEADLINE_EXCEEDED.
  ///
  /// Defaults to `nil`: no limit.
  public var deadline: ContinuousClock.Instant? {
    get { deadlineBox?.instant }
    set { deadlineBox = newValue.map(Deadline.init) }
  }

  private var deadlineBox: Deadline?

  /// Whether a call that a handler makes ends by the deadline of the handler's own call.
  ///
  /// Defaults to `true`: a later response has no reader. The deadline follows the tasks that a handler starts, except
  /// for detached ones.
  public var inheritsDeadline: Bool

  /// Whether the call waits for a connection while there is none, instead of failing with UNAVAILABLE.
  ///
  /// Defaults to `nil`: the setting of the channel's service config applies, and without one the call fails.
  public var waitForReady: Bool?

  /// The authority that the server sees.
  ///
  /// Defaults to `nil`: the channel's.
  public var authority: String?

  /// The credentials of this call, in addition to the channel's.
  ///
  /// Defaults to `nil`: the channel's alone.
  public var credentials: CallCredentials?

  /// The algorithm with which the call's messages to the server are compressed.
  ///
  /// Defaults to `nil`: the channel's. A server that does not accept the algorithm ends the call with UNIMPLEMENTED.
  /// The server chooses the algorithm of its response among those that the channel accepts.
  public var compression: CompressionAlgorithm?

  /// The largest message that this call may send, in bytes.
  ///
  /// Defaults to `nil`: the limits of the channel and of its service config apply. The smallest limit applies. A larger
  /// message ends the call with RESOURCE_EXHAUSTED. The library measures the serialized message, before it is
  /// compressed.
  public var maxRequestMessageBytes: Int?

  /// The largest message that this call may receive, in bytes.
  ///
  /// Defaults to `nil`: the limits of the channel and of its service config apply. The smallest limit applies. A larger
  /// message ends the call with RESOURCE_EXHAUSTED. The library checks this limit after it has received the message,
  /// which saves the deserialization but not the memory. The other two limits bound memory.
  public var maxResponseMessageBytes: Int?

  /// Creates options.
  ///
  /// - Parameters:
  ///   - timeout: The longest duration of the call. Defaults to that of the service config.
  ///   - deadline: The instant at which the call must have ended. Defaults to none.
  ///   - inheritsDeadline: Whether the call ends by the deadline of the handler that makes it. Defaults to `true`.
  ///   - waitForReady: Whether the call waits for a connection. Defaults to the setting of the service config.
  ///   - authority: The authority to name to the server. Defaults to the channel's.
  ///   - credentials: The credentials of this call, in addition to the channel's. Defaults to none.
  ///   - compression: The algorithm for the messages to the server. Defaults to the channel's.
  ///   - maxRequestMessageBytes: The largest message that the call may send, in bytes. Defaults to the channel's limit.
  ///   - maxResponseMessageBytes: The largest message that the call may receive, in bytes. Defaults to the channel's
  ///     limit.
  public init(
    timeout: Duration? = nil,
    deadline: ContinuousClock.Instant? = nil,
    inheritsDeadline: Bool = true,
    waitForReady: Bool? = nil,
    authority: String? = nil,
    credentials: CallCredentials? = nil,
    compression: CompressionAlgorithm? = nil,
    maxRequestMessageBytes: Int? = nil,
    maxResponseMessageBytes: Int? = nil
  ) {
    self.timeout = timeout
    self.deadlineBox = deadline.map(Deadline.init)
    self.inheritsDeadline = inheritsDeadline
    self.waitForReady = waitForReady
    self.authority = authority
    self.credentials = credentials
    self.compression = compression
    self.maxRequestMessageBytes = maxRequestMessageBytes
    self.maxResponseMessageBytes = maxResponseMessageBytes
  }

  /// Options with all defaults.
  public static var defaults: CallOptions { CallOptions() }

  /// The time that the call has, by the earliest of its limits.
  var effectiveTimeout: Duration? {
    let inherited = inheritsDeadline ? ServerCall.currentDeadline : nil
    guard let earliest = deadlineBox ?? inherited else { return timeout }
    let left = min(earliest.instant, inherited?.instant ?? earliest.instant).timeLeft
    return timeout.map { min($0, left) } ?? left
  }
}
