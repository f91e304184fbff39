extension Channel.Configuration {
  /// How a channel finds out that a connection is dead although nobody closed it: by pings.
  ///
  /// The server must allow what is set here: gRPC servers end the connection of a client that pings more often than every
  /// five minutes (GOAWAY with `too_many_pings`, as which calls may fail with UNAVAILABLE), and the channel then doubles
  /// ``time``. Agree with whoever runs the server.
  public struct Keepalive: Sendable, Hashable {
    /// How long a connection is silent before a ping.
    ///
    /// `nil`, the default, for no pings.
    public var time: Duration?

    /// How long the answer to a ping may take, before the connection counts as dead.
    ///
    /// 20 seconds.
    public var timeout: Duration

    /// Whether there are pings while no call is in progress.
    ///
    /// No.
    public var permitWithoutCalls: Bool

    /// How many pings follow each other without data in between, before they stop until there is data again.
    ///
    /// 2; `nil` for any number. A ``time`` that is to work on connections that stay silent for long needs `nil`.
    public var maximumPingsWithoutData: Int?

    /// Creates settings.
    public init(
      time: Duration? = nil,
      timeout: Duration = .seconds(20),
      permitWithoutCalls: Bool = false,
      maximumPingsWithoutData: Int? = 2
    ) {
      self.time = time
      self.timeout = timeout
      self.permitWithoutCalls = permitWithoutCalls
      self.maximumPingsWithoutData = maximumPingsWithoutData
    }

    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.keepalive_time_ms", toMillisecondsOf: time)
      arguments.set("grpc.keepalive_timeout_ms", toMillisecondsOf: timeout)
      arguments.set("grpc.keepalive_permit_without_calls", to: permitWithoutCalls)
      arguments.set("grpc.http2.max_pings_without_data", to: maximumPingsWithoutData ?? 0)
    }
  }
}
