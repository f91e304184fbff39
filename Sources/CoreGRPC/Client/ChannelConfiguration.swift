extension Channel {
  /// A channel's settings.
  public struct Configuration: Sendable {
    /// The largest message that is received, in bytes.
    ///
    /// Defaults to 4 MiB, gRPC's customary limit. A larger message ends its call with RESOURCE_EXHAUSTED.
    public var maxResponseMessageBytes = 4 * 1024 * 1024

    /// The largest message that is sent, in bytes.
    ///
    /// Defaults to `nil`: no limit. A larger message ends its call with RESOURCE_EXHAUSTED.
    public var maxRequestMessageBytes: Int?

    /// The largest initial or trailing metadata that is received, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit. Larger metadata ends its call with RESOURCE_EXHAUSTED. Each entry
    /// counts 32 bytes, its key and its value, as C-core counts them. A status message that is longer is shortened.
    ///
    /// The library checks the size before the caller sees the metadata, and the call alone ends. C-core has a limit of
    /// its own, 1 MiB or twice this one, at which it closes the connection.
    public var maxResponseMetadataBytes = 8 * 1024

    /// The largest header block that is sent, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit: it is what C-core and gRPC for Java accept unless they are told
    /// otherwise. Each entry counts 32 bytes, its key and its value as it is on the wire (RFC 7541, section 4.1). The
    /// method's path, the authority, the user agent and some 500 bytes for the other entries that C-core adds are part
    /// of it.
    ///
    /// A call with metadata that does not fit throws RESOURCE_EXHAUSTED before anything is sent.
    ///
    /// Raise it only if the server, and every proxy between, accepts more: C-core 1.51 closes the connection for a
    /// header block over its limit, and every call on it fails.
    public var maxRequestMetadataBytes = 8 * 1024

    /// The memory that gRPC may use for connections and calls, in bytes, together with all channels of the process that
    /// have the same setting.
    ///
    /// Defaults to 512 MiB. When memory runs short, C-core receives more slowly. If that does not suffice, it drops
    /// idle connections and ends calls with RESOURCE_EXHAUSTED. Allow for the messages that are received at a time.
    public var memoryQuota = 512 * 1024 * 1024

    /// The number of bytes that a server may send on a stream before the program reads them.
    ///
    /// Defaults to `nil`: C-core adapts the window to its estimate of the connection's bandwidth, to at least 4 MiB
    /// while ``memoryQuota`` allows. A number bounds the memory of streams that are not read. It also keeps the window
    /// of the whole connection at 64 KiB beyond the messages that are being read, which slows down streams of small
    /// messages over long distances.
    public var targetWindowSize: Int?

    /// The program's name and version, the first part of the `user-agent` that servers see.
    ///
    /// Defaults to `nil`: the `user-agent` begins with the library's name.
    public var userAgent: String?

    /// The authority that the server sees.
    ///
    /// Defaults to `nil`: the target's.
    public var authority: String?

    /// The compression of messages.
    ///
    /// Defaults to none in either direction: what a peer compresses can take far more memory than it sends.
    public var compression = Compression.none

    /// The pings on silent connections.
    ///
    /// Defaults to no pings.
    public var keepalive = Keepalive()

    /// The pauses between attempts to connect.
    public var backoff = Backoff()

    /// The time without a call after which the channel closes its connections until the next call.
    ///
    /// Defaults to `nil`: the connections stay open, and C-core omits the filter that counts calls. The least time is a
    /// second.
    public var idleTimeout: Duration?

    /// The timeouts, retries and limits of methods, and the load balancing of the channel.
    ///
    /// Defaults to `nil`: no timeout, no retry policy, the first address that works. A call's own ``CallOptions`` apply
    /// as well.
    public var serviceConfig: ServiceConfig?

    /// Whether a service config from the name's resolution replaces ``serviceConfig``.
    ///
    /// Defaults to `false`. `true` lets the DNS server that answers for the name set timeouts and retries.
    public var resolvesServiceConfig = false

    /// Whether C-core may make a failed call again: by the retry policy of ``serviceConfig``, and without one once more
    /// if the connection broke before the server saw the call.
    ///
    /// Defaults to `nil`: C-core retries, except that with gRPC 1.51 it does so only if ``serviceConfig`` has a
    /// ``RetryPolicy``. A policy from the name's resolution or from an xDS server has an effect only where C-core
    /// retries already. `true` turns retries on in any case, `false` turns them off. With Ubuntu's gRPC 1.51 a channel
    /// that can retry must trust its servers, and the proxies before them: see <doc:ConfiguringChannels>.
    public var allowsRetries: Bool?

    /// The least time between two look-ups of the target's name by DNS.
    ///
    /// Defaults to 30 seconds. A channel looks the name up again when a connection ends or cannot be made, and not
    /// while all of its connections live: see <doc:BalancingLoad>. A shorter time notices new addresses sooner, and
    /// asks DNS more often.
    public var minTimeBetweenResolutions: Duration = .seconds(30)

    /// Whether connections go through the HTTP proxy that the environment names (`grpc_proxy`, `https_proxy`,
    /// `http_proxy`, with the exceptions in `no_grpc_proxy` and `no_proxy`).
    ///
    /// Defaults to `true`. The argument `grpc.http_proxy` names a proxy for this channel alone.
    public var usesHTTPProxy = true

    /// Whether the channel has connections of its own.
    ///
    /// Defaults to `false`: channels with equal settings share a connection to the same address.
    public var usesLocalSubchannelPool = false

    /// Whether a task that awaits a call resumes on the thread that received the response or the message.
    ///
    /// Defaults to `true`: waking a thread of Swift's pool takes longer than most code that follows. After anything
    /// else that it awaits, the task is on Swift's pool again. A task with a preferred executor, or of an actor with an
    /// executor of its own, resumes there in any case. A task that need not wait stays on its thread. If the code holds
    /// its thread for longer than a few milliseconds, another thread receives.
    public var resumesOnPollers = true

    /// The source of the bootstrap configuration, for a target such as `xds:///greeter.example`.
    ///
    /// Defaults to the environment. Other targets do not read it.
    public var xdsBootstrap = XDSBootstrap.environment

    /// The observers of all calls, which see each call begin and end, whatever ends it.
    ///
    /// Defaults to none: nothing is counted then.
    public var callObservers: [any ClientCallObserver] = []

    /// Whether C-core counts the channel's calls, and keeps its recent events, for `ChannelzService`.
    ///
    /// Defaults to `false`: the counts take memory and some time, see the article about channelz in `CoreGRPCServices`.
    public var isChannelzEnabled = false

    /// Channel arguments of C-core without a setting here, by name.
    ///
    /// They take precedence over the settings. `grpc.experimental.tcp_tx_zerocopy_enabled` has no effect: it can
    /// corrupt what is sent (CVE-2024-11407).
    public var additionalArguments: [String: ChannelArgument] = [:]

    /// Creates the default settings.
    public init() {}

    /// - Throws: ``RuntimeError/Code/invalidArgument``, when the service config is not valid.
    func validate() throws(RuntimeError) { _ = try serviceConfig?.json }

    /// The arguments for C-core, of settings that are valid.
    var arguments: ChannelArguments {
      var arguments = ChannelArguments()
      arguments.set("grpc.max_receive_message_length", to: maxResponseMessageBytes)
      arguments.set("grpc.max_send_message_length", to: maxRequestMessageBytes ?? -1)
      arguments.setMetadataLimits(received: maxResponseMetadataBytes, sent: maxRequestMetadataBytes)
      arguments.set(ResourceQuota.shared(bytes: memoryQuota))
      arguments.setWindowSize(targetWindowSize)
      let product = "coregrpc-swift/\(CoreGRPCVersion.current)"
      arguments.set("grpc.primary_user_agent", to: userAgent.map { "\($0) \(product)" } ?? product)
      if let authority { arguments.set("grpc.default_authority", to: authority) }
      // Compression is chosen call by call: see ``CallOptions/compression``.
      compression.setAccepted(in: &arguments)
      keepalive.set(in: &arguments)
      backoff.set(in: &arguments)
      arguments.set("grpc.client_idle_timeout_ms", toMillisecondsOf: idleTimeout)
      if let serviceConfig { arguments.set("grpc.service_config", to: serviceConfig.jsonForCore) }
      arguments.set("grpc.service_config_disable_resolution", to: !resolvesServiceConfig)
      if let allowsRetries { arguments.set("grpc.enable_retries", to: allowsRetries) }
      arguments.set("grpc.dns_min_time_between_resolutions_ms", toMillisecondsOf: minTimeBetweenResolutions)
      arguments.set("grpc.enable_http_proxy", to: usesHTTPProxy)
      arguments.set("grpc.use_local_subchannel_pool", to: usesLocalSubchannelPool)
      arguments.set("grpc.enable_channelz", to: isChannelzEnabled)
      arguments.set(additionalArguments)
      return arguments
    }
  }
}
