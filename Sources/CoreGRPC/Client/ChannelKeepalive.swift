extension Channel.Configuration {
  /// The pings by which a channel detects a dead connection.
  ///
  /// The server must allow them. gRPC servers end the connection of a client that pings more often than every five
  /// minutes (GOAWAY with `too_many_pings`), at which calls may fail with UNAVAILABLE. The channel then doubles
  /// ``time``.
  public struct Keepalive: Sendable, Hashable {
    /// The time without data before a ping.
    ///
    /// Defaults to `nil`: no pings.
    public var time: Duration?

    /// The time in which the answer to a ping must arrive.
    ///
    /// Defaults to 20 seconds. Then C-core closes the connection.
    public var timeout: Duration

    /// Whether the channel pings while no call is in progress.
    ///
    /// Defaults to `false`.
    public var allowWithoutCalls: Bool

    /// The number of pings without data in between, after which the pings stop until there is data again.
    ///
    /// Defaults to 2. `nil` sets no limit, which ``time`` needs on connections that stay silent for long.
    public var maxPingsWithoutData: Int?

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - time: The time without data before a ping. Defaults to `nil`: no pings.
    ///   - timeout: The time for the answer to a ping. Defaults to 20 seconds.
    ///   - allowWithoutCalls: Whether the channel pings while no call is in progress. Defaults to `false`.
    ///   - maxPingsWithoutData: The number of pings without data in between. Defaults to 2; `nil` sets no limit.
    public init(
      time: Duration? = nil,
      timeout: Duration = .seconds(20),
      allowWithoutCalls: Bool = false,
      maxPingsWithoutData: Int? = 2
    ) {
      self.time = time
      self.timeout = timeout
      self.allowWithoutCalls = allowWithoutCalls
      self.maxPingsWithoutData = maxPingsWithoutData
    }

    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.keepalive_time_ms", toMillisecondsOf: time)
      arguments.set("grpc.keepalive_timeout_ms", toMillisecondsOf: timeout)
      // gRPC 1.64 and 1.85 have this one, and do not apply the other.
      if time != nil { arguments.set("grpc.http2.ping_timeout_ms", toMillisecondsOf: timeout) }
      arguments.set("grpc.keepalive_permit_without_calls", to: allowWithoutCalls)
      arguments.set("grpc.http2.max_pings_without_data", to: maxPingsWithoutData ?? 0)
    }
  }
}
