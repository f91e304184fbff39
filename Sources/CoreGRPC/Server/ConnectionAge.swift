extension Server.Configuration {
  /// How long connections live.
  ///
  /// A connection that has reached its age is ended gracefully: the client is told (GOAWAY), makes its next calls on a new
  /// connection, and those in progress go on. So clients spread over servers that were added later.
  public struct ConnectionAge: Sendable, Hashable {
    /// How long a connection may be without a call.
    ///
    /// `nil`, the default, for any time.
    public var maximumIdle: Duration?

    /// How old a connection may become.
    ///
    /// `nil`, the default, for any age. C-core varies it by a tenth, so that connections do not end all at once.
    public var maximum: Duration?

    /// How long calls may go on after the connection has reached its maximum age; then they are cancelled.
    ///
    /// `nil`, the default, for as long as they need.
    public var grace: Duration?

    /// Creates settings.
    public init(maximumIdle: Duration? = nil, maximum: Duration? = nil, grace: Duration? = nil) {
      self.maximumIdle = maximumIdle
      self.maximum = maximum
      self.grace = grace
    }

    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.max_connection_idle_ms", toMillisecondsOf: maximumIdle)
      arguments.set("grpc.max_connection_age_ms", toMillisecondsOf: maximum)
      arguments.set("grpc.max_connection_age_grace_ms", toMillisecondsOf: grace)
    }
  }
}
