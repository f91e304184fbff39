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

    /// The largest metadata that a call may come with, in bytes; larger one ends the call with RESOURCE_EXHAUSTED.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit. Each entry counts 32 bytes, its key and its value, as C-core counts them.
    ///
    /// The library checks it before the handler runs, and the call alone ends. C-core has a limit of its own, 1 MiB or twice this
    /// one, at which it closes the connection.
    public var maximumMetadataSize = 8 * 1024

    /// The largest header block that is sent, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit: it is what C-core and gRPC for Java accept unless they are told otherwise. Each
    /// entry counts 32 bytes, its key and its value as it is on the wire (RFC 7541, section 4.1), and 240 bytes are left for the
    /// entries that C-core adds. Initial and trailing metadata are header blocks of their own.
    ///
    /// A response whose metadata does not fit ends its call with INTERNAL, without the metadata, and an event for ``CoreGRPCLog``
    /// says so. A status message that does not fit beside the trailing metadata is cut, and its code is kept.
    ///
    /// Raise it only if every client, and every proxy between, accepts more: C-core 1.51 closes the connection for a header block
    /// over its limit, and every call on it fails.
    public var maximumSendMetadataSize = 8 * 1024

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

    /// The number of bytes that a client may send on a stream before the handler reads them; `nil` for C-core's choice.
    ///
    /// Defaults to `nil`: C-core adapts the window to what it estimates of the connection's bandwidth, at least 4 MiB while it has
    /// plenty of ``memoryQuota``. A number bounds the memory of streams that are not read. It also keeps the window of the whole
    /// connection at 64 KiB beyond the messages that are being read, which slows down streams of small messages over long distances.
    public var targetWindowSize: Int?

    /// Whether other processes may listen on the same port (`SO_REUSEPORT`), and share its connections.
    ///
    /// Off: a port in use is an error.
    public var allowsPortReuse = false

    /// Whether starting the server raises the process's limit of open files and sockets, the soft `RLIMIT_NOFILE`, to the hard
    /// one.
    ///
    /// Defaults to `true`. Each connection takes a descriptor; without one left, C-core stops accepting. Set it to `false` where
    /// code of the process calls `select(2)`, which fails with descriptors from 1,024 on.
    public var raisesDescriptorLimit = true

    /// Where the handlers run.
    ///
    /// On the threads that poll for the network, which others relieve when a handler blocks them.
    public var handlerExecutor = HandlerExecutor.pollers

    /// How many threads poll for the network, at least.
    ///
    /// 1. Where they run the handlers, too, there are more while handlers block, and, up to the number of processors, while
    /// more gets done with more.
    public var pollerThreads = 1

    /// The largest number of threads beside those that poll, on which handlers run that block their thread or compute for long.
    ///
    /// Defaults to 512. Further ones wait for a thread; their deadlines hold, and the log says so once. The handlers of one method
    /// have three quarters of the threads at most. A thread that is blocked takes some tens of kilobytes of memory.
    ///
    /// It has no effect with a ``handlerExecutor`` other than the pollers.
    public var maximumHandlerThreads = 512

    /// When the threads that poll ask for the next event for a while before they sleep.
    ///
    /// While handlers wait for their streams.
    public var busyPolling = BusyPolling.forStreams

    /// How messages are compressed.
    ///
    /// Not at all, in neither direction.
    public var compression = Compression.none

    /// Pings on silent connections, and the pings that clients may send.
    public var keepalive = Keepalive()

    /// How long connections live.
    ///
    /// As long as their clients want.
    public var connectionAge = ConnectionAge()

    /// Called for each call that no handler gets, with the reason.
    ///
    /// One call after the other, as a task, where the handlers run: it may block. While it is not done with one, at most 256 others
    /// wait; further ones are counted (``RefusedCall/droppedBefore``) and not reported.
    ///
    /// Defaults to `nil`: then ``CoreGRPCLog`` gets an event for each ``RefusedCall/Reason``, no more than one a second, with the
    /// number of the others.
    public var onRefusedCall: (@Sendable (RefusedCall) -> Void)?

    /// Channel arguments of C-core for what has no setting here, by name.
    ///
    /// They win over the settings. `grpc.experimental.tcp_tx_zerocopy_enabled` has no effect: it can corrupt what is sent
    /// (CVE-2024-11407).
    public var additionalArguments: [String: ChannelArgument] = [:]

    /// Creates the default settings.
    public init() {}

    var arguments: ChannelArguments {
      var arguments = ChannelArguments()
      arguments.set("grpc.max_receive_message_length", to: maximumReceiveMessageSize)
      arguments.set("grpc.max_send_message_length", to: maximumSendMessageSize ?? -1)
      arguments.setMetadataLimits(received: maximumMetadataSize, sent: maximumSendMetadataSize)
      arguments.set("grpc.max_concurrent_streams", to: maximumConcurrentStreamsPerConnection)
      arguments.set("grpc.server_handshake_timeout_ms", toMillisecondsOf: handshakeTimeout)
      arguments.set("grpc.so_reuseport", to: allowsPortReuse)
      arguments.set(ResourceQuota(bytes: memoryQuota))
      arguments.setWindowSize(targetWindowSize)
      compression.setAccepted(in: &arguments)
      compression.setServerPreference(in: &arguments)
      keepalive.set(in: &arguments)
      connectionAge.set(in: &arguments)
      // See `ServerDeadlines`.
      arguments.set("grpc.enable_deadline_checking", to: false)
      // Nobody can ask for these counts yet.
      arguments.set("grpc.enable_channelz", to: false)
      arguments.set(additionalArguments)
      return arguments
    }
  }
}
