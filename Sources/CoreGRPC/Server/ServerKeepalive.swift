extension Server.Configuration {
  /// How a server finds out that a connection is dead although nobody closed it, and which pings it takes from clients.
  public struct Keepalive: Sendable, Hashable {
    /// How long a connection is silent before a ping.
    ///
    /// 2 hours; `nil` for no pings.
    public var time: Duration?

    /// How long the answer to a ping may take, before the connection is closed.
    ///
    /// 20 seconds.
    public var timeout: Duration

    /// Whether there are pings while no call is in progress, from either end.
    ///
    /// No: without a call a client may ping every two hours at most.
    public var permitWithoutCalls: Bool

    /// The shortest interval between a client's pings, unless the server sent it something meanwhile.
    ///
    /// 5 minutes.
    public var minimumPingInterval: Duration

    /// How many pings may come too early, before the connection is ended with GOAWAY and `ENHANCE_YOUR_CALM`.
    ///
    /// 2; `nil` for any number, which allows floods of pings.
    public var maximumPingStrikes: Int?

    /// Creates settings.
    public init(
      time: Duration? = .seconds(2 * 60 * 60),
      timeout: Duration = .seconds(20),
      permitWithoutCalls: Bool = false,
      minimumPingInterval: Duration = .seconds(5 * 60),
      maximumPingStrikes: Int? = 2
    ) {
      self.time = time
      self.timeout = timeout
      self.permitWithoutCalls = permitWithoutCalls
      self.minimumPingInterval = minimumPingInterval
      self.maximumPingStrikes = maximumPingStrikes
    }

    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.keepalive_time_ms", toMillisecondsOf: time)
      arguments.set("grpc.keepalive_timeout_ms", toMillisecondsOf: timeout)
      arguments.set("grpc.keepalive_permit_without_calls", to: permitWithoutCalls)
      arguments.set("grpc.http2.min_ping_interval_without_data_ms", toMillisecondsOf: minimumPingInterval)
      arguments.set("grpc.http2.max_ping_strikes", to: maximumPingStrikes ?? 0)
    }
  }
}
