extension Server {
  /// A server's settings.
  ///
  /// The defaults are safe for a server that strangers can reach.
  public struct Configuration: Sendable {
    /// The largest message that is received, in bytes; a larger one ends its call with RESOURCE_EXHAUSTED.
    ///
    /// 4 MiB, which is gRPC's customary default.
    public var maximumReceiveMessageSize = 4 * 1024 * 1024

    /// The largest message that is sent, in bytes; `nil`, the default, for no limit.
    public var maximumSendMessageSize: Int?

    /// The largest initial metadata that is received, in bytes.
    ///
    /// 8 KiB, which is gRPC's customary default.
    public var maximumMetadataSize = 8 * 1024

    /// How many calls may be in progress at once on the whole server; further ones end with RESOURCE_EXHAUSTED.
    ///
    /// 10,000.
    public var maximumConcurrentCalls = 10_000

    /// How many calls may be in progress at once on one connection; clients keep further ones back.
    ///
    /// 1,024.
    public var maximumConcurrentStreamsPerConnection = 1_024

    /// How long a new connection may take to become ready.
    ///
    /// 20 seconds.
    public var handshakeTimeout: Duration = .seconds(20)

    /// What gRPC may use for connections and calls, in bytes, before it slows peers down and drops idle connections.
    ///
    /// 1 GiB.
    public var memoryQuota = 1024 * 1024 * 1024

    /// Whether other processes may listen on the same port (`SO_REUSEPORT`), and share its connections.
    ///
    /// Off: a port in use is an error.
    public var allowsPortReuse = false

    /// Where the handlers run.
    ///
    /// Swift's pool.
    public var handlerExecutor = HandlerExecutor.concurrentPool

    /// How many threads poll for the network.
    ///
    /// 1. They run no handlers.
    public var pollerThreads = 1

    /// Creates the default settings.
    public init() {}

    var arguments: ChannelArguments {
      var arguments = ChannelArguments()
      arguments.set("grpc.max_receive_message_length", to: maximumReceiveMessageSize)
      arguments.set("grpc.max_send_message_length", to: maximumSendMessageSize ?? -1)
      arguments.set("grpc.max_metadata_size", to: maximumMetadataSize)
      arguments.set("grpc.max_concurrent_streams", to: maximumConcurrentStreamsPerConnection)
      arguments.set("grpc.server_handshake_timeout_ms", toMillisecondsOf: handshakeTimeout)
      arguments.set("grpc.so_reuseport", to: allowsPortReuse)
      // Identity only: with decompression on, a small message can take hundreds of MiB before its size is checked.
      arguments.set("grpc.compression_enabled_algorithms_bitset", to: 1)
      arguments.set(ResourceQuota(bytes: memoryQuota))
      return arguments
    }
  }
}
