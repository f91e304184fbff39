/// Settings of one call.
public struct CallOptions: Sendable {
  /// How long the call may take in all; then it ends with DEADLINE_EXCEEDED.
  ///
  /// `nil`, the default, for no limit.
  ///
  /// Measured on a clock that does not follow changes of the wall clock. The server learns of the deadline.
  public var timeout: Duration?

  /// Whether the call waits for a connection while there is none, rather than fail with UNAVAILABLE.
  ///
  /// `nil`, the default, leaves it to the channel's service config, and without one the call fails.
  public var waitForReady: Bool?

  /// The authority to name to the server instead of the channel's, for this call.
  public var authority: String?

  /// Creates options.
  public init(timeout: Duration? = nil, waitForReady: Bool? = nil, authority: String? = nil) {
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.authority = authority
  }

  /// Options that leave everything at its default.
  public static var defaults: CallOptions { CallOptions() }
}
