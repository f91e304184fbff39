extension Server.Configuration {
  /// The age at which connections end.
  ///
  /// A connection that has reached its age is ended gracefully: the client is told (GOAWAY), makes its next calls on a
  /// new connection, and finishes those in progress. So clients spread over servers that were added later.
  public struct ConnectionAge: Sendable, Hashable {
    /// The longest time of a connection without a call.
    ///
    /// Defaults to `nil`: no limit.
    public var maxIdleTime: Duration?

    /// The age at which a connection ends.
    ///
    /// Defaults to `nil`: no limit. C-core varies it by a tenth, so that connections do not all end at the same time.
    ///
    /// Set it to some minutes at least. Each end of a busy connection can fail calls with `UNAVAILABLE`:
    /// <doc:ConfiguringChannels> has figures.
    public var maxAge: Duration?

    /// The time for calls of a connection that has reached its ``maxAge``.
    ///
    /// Defaults to `nil`: no limit. When the time is over, the calls end with `UNAVAILABLE`, and their handlers are
    /// cancelled (``ServerContext/cancellation``, with the reason `connectionAge`). It has no effect without a
    /// ``maxAge``.
    ///
    /// It is the least time. C-core tells neither when a connection began nor how it varied the age. The calls
    /// therefore end 110 % to 120 % of the age and the grace time after the connection's first call, at random, so that
    /// their clients do not all reconnect at the same time. With an age of 30 minutes and a grace time of 1 minute,
    /// that is 34 to 37 minutes after the first call.
    ///
    /// A call whose message waits for the client's window is reset. If it is the last call of its connection, its
    /// client sees the connection end without a status, which C-core's clients report as `UNAVAILABLE`, too.
    ///
    /// C-core itself closes a connection that stays open nevertheless, 120 % of the age, the grace time and 30 seconds
    /// after GOAWAY. Its client reads nothing, or has not sent the request of a unary call.
    public var maxGraceTime: Duration?

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - maxIdleTime: The longest time without a call. Defaults to `nil`: no limit.
    ///   - maxAge: The highest age. Defaults to `nil`: no limit.
    ///   - maxGraceTime: The time for calls of a connection that has reached its age. Defaults to `nil`: no limit.
    public init(maxIdleTime: Duration? = nil, maxAge: Duration? = nil, maxGraceTime: Duration? = nil) {
      self.maxIdleTime = maxIdleTime
      self.maxAge = maxAge
      self.maxGraceTime = maxGraceTime
    }

    /// - Parameter grace: The grace period for C-core.
    func set(in arguments: inout ChannelArguments, grace: Duration?) {
      arguments.set("grpc.max_connection_idle_ms", toMillisecondsOf: maxIdleTime)
      arguments.set("grpc.max_connection_age_ms", toMillisecondsOf: maxAge)
      arguments.set("grpc.max_connection_age_grace_ms", toMillisecondsOf: grace)
    }
  }
}
