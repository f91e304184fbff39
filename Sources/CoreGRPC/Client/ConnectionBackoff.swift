extension Channel.Configuration {
  /// How a channel spaces its attempts to connect, while they fail.
  ///
  /// See <https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md>. The pause grows from ``initial`` by the
  /// factor 1.6 to ``maximum``, each time with a random part of a fifth.
  public struct ConnectionBackoff: Sendable, Hashable {
    /// The pause after the first attempt that fails.
    ///
    /// 1 second. C-core takes no less than 100 ms; ``maximum`` bounds it.
    public var initial: Duration

    /// The time that an attempt has at least, before it counts as failed.
    ///
    /// 20 seconds. It is long because it must suffice for a slow network and a handshake; nobody waits that long for a
    /// connection that is refused.
    public var minimumConnectTimeout: Duration

    /// The longest pause.
    ///
    /// 2 minutes; C-core takes no less than 100 ms.
    public var maximum: Duration

    /// Creates settings.
    public init(
      initial: Duration = .seconds(1),
      minimumConnectTimeout: Duration = .seconds(20),
      maximum: Duration = .seconds(120)
    ) {
      self.initial = initial
      self.minimumConnectTimeout = minimumConnectTimeout
      self.maximum = maximum
    }

    /// C-core takes the first pause as it is, also beyond the maximum.
    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.initial_reconnect_backoff_ms", toMillisecondsOf: min(initial, maximum))
      arguments.set("grpc.min_reconnect_backoff_ms", toMillisecondsOf: minimumConnectTimeout)
      arguments.set("grpc.max_reconnect_backoff_ms", toMillisecondsOf: maximum)
    }
  }
}
