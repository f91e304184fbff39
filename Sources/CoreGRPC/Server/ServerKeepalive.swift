extension Server.Configuration {
  /// The pings by which a server detects a dead connection, and the pings that clients may send.
  public struct Keepalive: Sendable, Hashable {
    /// The time without data before a ping.
    ///
    /// Defaults to 2 hours. `nil` turns pings off.
    public var time: Duration?

    /// The time in which the answer to a ping must arrive.
    ///
    /// Defaults to 20 seconds. Then C-core closes the connection.
    public var timeout: Duration

    /// Whether either end may ping while no call is in progress.
    ///
    /// Defaults to `false`: without a call a client may ping every two hours.
    public var allowWithoutCalls: Bool

    /// The shortest interval between a client's pings, unless the server sent data in between.
    ///
    /// Defaults to 5 minutes.
    public var minPingInterval: Duration

    /// The number of pings that may arrive too early before the connection ends with GOAWAY and `ENHANCE_YOUR_CALM`.
    ///
    /// Defaults to 2. `nil` sets no limit, which allows floods of pings.
    public var maxPingStrikes: Int?

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - time: The time without data before a ping. Defaults to 2 hours; `nil` turns pings off.
    ///   - timeout: The time for the answer to a ping. Defaults to 20 seconds.
    ///   - allowWithoutCalls: Whether there are pings while no call is in progress. Defaults to `false`.
    ///   - minPingInterval: The shortest interval between a client's pings. Defaults to 5 minutes.
    ///   - maxPingStrikes: The number of pings that may arrive too early. Defaults to 2; `nil` sets no limit.
    public init(
      time: Duration? = .seconds(2 * 60 * 60),
      timeout: Duration = .seconds(20),
      allowWithoutCalls: Bool = false,
      minPingInterval: Duration = .seconds(5 * 60),
      maxPingStrikes: Int? = 2
    ) {
      self.time = time
      self.timeout = timeout
      self.allowWithoutCalls = allowWithoutCalls
      self.minPingInterval = minPingInterval
      self.maxPingStrikes = maxPingStrikes
    }

    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.keepalive_time_ms", toMillisecondsOf: time)
      arguments.set("grpc.keepalive_timeout_ms", toMillisecondsOf: timeout)
      // gRPC 1.64 and 1.85 have this one, and do not apply the other.
      if time != nil { arguments.set("grpc.http2.ping_timeout_ms", toMillisecondsOf: timeout) }
      arguments.set("grpc.keepalive_permit_without_calls", to: allowWithoutCalls)
      arguments.set("grpc.http2.min_ping_interval_without_data_ms", toMillisecondsOf: minPingInterval)
      arguments.set("grpc.http2.max_ping_strikes", to: maxPingStrikes ?? 0)
    }
  }
}
