extension Channel {
  /// A channel's settings.
  public struct Configuration: Sendable {
    /// The largest message that is received, in bytes; a larger one ends its call with RESOURCE_EXHAUSTED.
    ///
    /// 4 MiB, which is gRPC's customary default.
    public var maximumReceiveMessageSize = 4 * 1024 * 1024

    /// The largest message that is sent, in bytes; `nil`, the default, for no limit.
    public var maximumSendMessageSize: Int?

    /// The largest initial or trailing metadata that is received, in bytes; larger one ends its call with RESOURCE_EXHAUSTED.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit. Each entry counts 32 bytes, its key and its value, as C-core counts them. A status
    /// message that is longer is cut.
    ///
    /// The library checks it before the caller sees the metadata, and the call alone ends. C-core has a limit of its own, 1 MiB or
    /// twice this one, at which it closes the connection.
    public var maximumMetadataSize = 8 * 1024

    /// The largest header block that is sent, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit: it is what C-core and gRPC for Java accept unless they are told otherwise. Each
    /// entry counts 32 bytes, its key and its value as it is on the wire (RFC 7541, section 4.1). The method's path, the authority,
    /// the user agent and some 500 bytes for the other entries that C-core adds are part of it.
    ///
    /// A call with metadata that does not fit throws RESOURCE_EXHAUSTED before anything is sent.
    ///
    /// Raise it only if the server, and every proxy between, accepts more: C-core 1.51 closes the connection for a header block
    /// over its limit, and every call on it fails.
    public var maximumSendMetadataSize = 8 * 1024

    /// The memory that gRPC may use for connections and calls, in bytes, together with all channels of the process that have the
    /// same setting.
    ///
    /// Defaults to 512 MiB. Where it runs short, C-core receives more slowly; where that is of no use, it drops idle connections and
    /// ends calls with RESOURCE_EXHAUSTED. Allow for the messages that are received at a time.
    public var memoryQuota = 512 * 1024 * 1024

    /// The number of bytes that a server may send on a stream before they are read; `nil` for C-core's choice.
    ///
    /// Defaults to `nil`: C-core adapts the window to what it estimates of the connection's bandwidth, at least 4 MiB while it has
    /// plenty of ``memoryQuota``. A number bounds the memory of streams that are not read. It also keeps the window of the whole
    /// connection at 64 KiB beyond the messages that are being read, which slows down streams of small messages over long distances.
    public var targetWindowSize: Int?

    /// The program's name and version, to stand first in the `user-agent` that servers see.
    public var userAgent: String?

    /// The authority to name to the server instead of the target's.
    public var authority: String?

    /// How messages are compressed.
    ///
    /// Not at all, in neither direction.
    public var compression = Compression.none

    /// Pings on silent connections.
    ///
    /// Off.
    public var keepalive = Keepalive()

    /// The pauses between attempts to connect.
    public var connectionBackoff = ConnectionBackoff()

    /// How long the channel may be without a call, before it closes its connections until the next one.
    ///
    /// `nil`, the default, for any time: then C-core leaves out the filter that counts calls. It takes no less than a second.
    public var idleTimeout: Duration?

    /// How calls are made unless their own options say otherwise, and how they are retried and spread over servers.
    ///
    /// `nil`, the default, for gRPC's defaults: no timeout, no retry policy, the first address that works.
    public var serviceConfig: ServiceConfig?

    /// Whether a service config that comes with the name's resolution is used instead of ``serviceConfig``.
    ///
    /// No: it would let whoever answers for the name set timeouts and retries here.
    public var resolvesServiceConfig = false

    /// Whether calls may be made again after they failed: by the retry policy of ``serviceConfig``, and without one once more
    /// when the server has not seen the call, because the connection broke before.
    ///
    /// Defaults to `nil`: C-core retries where a response without `grpc-status` cannot end the process. With gRPC 1.51 it can, so
    /// there ``serviceConfig`` must have a ``RetryPolicy``, and the channel must trust its servers and the proxies before them to
    /// send that status. A policy that comes with the name's resolution or from an xDS server has an effect only where C-core
    /// retries already. `true` turns retries on in any case, `false` turns them off.
    public var allowsRetries: Bool?

    /// Whether connections go through the HTTP proxy that the environment names (`grpc_proxy`, `https_proxy`, `http_proxy`,
    /// with the exceptions in `no_grpc_proxy` and `no_proxy`).
    ///
    /// Yes. The argument `grpc.http_proxy` names one for this channel alone.
    public var usesHTTPProxy = true

    /// Whether the channel's connections are its own.
    ///
    /// No: channels with equal settings share a connection to the same address.
    public var usesLocalSubchannelPool = false

    /// Whether a task that awaits a call goes on on the thread that received what it waited for.
    ///
    /// Yes: to wake a thread of Swift's pool would take longer than most of what follows. After whatever else it awaits, the
    /// task is on Swift's pool again. A task with a preferred executor, or of an actor with an executor of its own, goes on
    /// there in any case, and one that need not wait, as what it awaits is there already, stays where it is. Code that holds its
    /// thread for longer than a few milliseconds is left alone, and another thread receives.
    public var resumesOnPollers = true

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
      arguments.set(ResourceQuota.shared(bytes: memoryQuota))
      arguments.setWindowSize(targetWindowSize)
      let product = "coregrpc-swift/\(CoreGRPCVersion.current)"
      arguments.set("grpc.primary_user_agent", to: userAgent.map { "\($0) \(product)" } ?? product)
      if let authority { arguments.set("grpc.default_authority", to: authority) }
      // What is sent compressed is chosen call by call: see ``CallOptions/compression``.
      compression.setAccepted(in: &arguments)
      keepalive.set(in: &arguments)
      connectionBackoff.set(in: &arguments)
      arguments.set("grpc.client_idle_timeout_ms", toMillisecondsOf: idleTimeout)
      if let serviceConfig { arguments.set("grpc.service_config", to: serviceConfig.jsonForCore) }
      arguments.set("grpc.service_config_disable_resolution", to: !resolvesServiceConfig)
      if let allowsRetries { arguments.set("grpc.enable_retries", to: allowsRetries) }
      arguments.set("grpc.enable_http_proxy", to: usesHTTPProxy)
      arguments.set("grpc.use_local_subchannel_pool", to: usesLocalSubchannelPool)
      // Nobody can ask for these counts yet.
      arguments.set("grpc.enable_channelz", to: false)
      arguments.set(additionalArguments)
      return arguments
    }
  }
}
