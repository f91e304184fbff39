extension Channel.Configuration {
  /// The pauses between a channel's attempts to connect.
  ///
  /// See <https://github.com/grpc/grpc/blob/master/doc/connection-backoff.md>. The pause grows from ``initial`` by the
  /// factor 1.6 to ``max``, each time with a random part of a fifth.
  public struct Backoff: Sendable, Hashable {
    /// The pause after the first attempt that fails.
    ///
    /// Defaults to 1 second. The least pause is 100 ms, the longest ``max``.
    public var initial: Duration

    /// The least time of an attempt before it counts as failed.
    ///
    /// Defaults to 20 seconds, which suffices for a slow network and a handshake. A connection that is refused fails
    /// immediately.
    public var minConnectTimeout: Duration

    /// The longest pause.
    ///
    /// Defaults to 2 minutes. The least value is 100 ms.
    public var max: Duration

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - initial: The pause after the first attempt that fails. Defaults to 1 second.
    ///   - minConnectTimeout: The least time of one attempt. Defaults to 20 seconds.
    ///   - max: The longest pause. Defaults to 2 minutes.
    public init(
      initial: Duration = .seconds(1),
      minConnectTimeout: Duration = .seconds(20),
      max: Duration = .seconds(120)
    ) {
      self.initial = initial
      self.minConnectTimeout = minConnectTimeout
      self.max = max
    }

    /// C-core takes the first pause as it is, also beyond the max.
    func set(in arguments: inout ChannelArguments) {
      arguments.set("grpc.initial_reconnect_backoff_ms", toMillisecondsOf: min(initial, max))
      arguments.set("grpc.min_reconnect_backoff_ms", toMillisecondsOf: minConnectTimeout)
      arguments.set("grpc.max_reconnect_backoff_ms", toMillisecondsOf: max)
    }
  }
}
