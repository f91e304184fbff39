extension Server {
  /// A server's settings.
  ///
  /// The defaults are safe for a server that strangers can reach.
  public struct Configuration: Sendable {
    /// The largest message that is received, in bytes.
    ///
    /// Defaults to 4 MiB, gRPC's customary limit. A larger message ends its call with RESOURCE_EXHAUSTED.
    public var maxRequestMessageBytes = 4 * 1024 * 1024

    /// The largest message that is sent, in bytes.
    ///
    /// Defaults to `nil`: no limit. A larger message ends its call with RESOURCE_EXHAUSTED.
    public var maxResponseMessageBytes: Int?

    /// The largest metadata of a call that arrives, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit. Larger metadata ends the call with RESOURCE_EXHAUSTED. Each entry
    /// counts 32 bytes, its key and its value, as C-core counts them.
    ///
    /// The library checks the size before the handler runs, and the call alone ends. C-core has a limit of its own, 1
    /// MiB or twice this one, at which it closes the connection.
    public var maxRequestMetadataBytes = 8 * 1024

    /// The largest header block that is sent, in bytes.
    ///
    /// Defaults to 8 KiB, gRPC's customary limit: it is what C-core and gRPC for Java accept unless they are told
    /// otherwise. Each entry counts 32 bytes, its key and its value as it is on the wire (RFC 7541, section 4.1), and
    /// 240 bytes are left for the entries that C-core adds. Initial and trailing metadata are header blocks of their
    /// own.
    ///
    /// A response whose metadata does not fit ends its call with INTERNAL, without the metadata, and an event for
    /// ``CoreGRPCLog`` says so. A status message that does not fit beside the trailing metadata is cut, and its code is
    /// kept.
    ///
    /// Raise it only if every client, and every proxy between, accepts more: C-core 1.51 closes the connection for a
    /// header block over its limit, and every call on it fails.
    public var maxResponseMetadataBytes = 8 * 1024

    /// The largest number of calls in progress on the whole server.
    ///
    /// Defaults to 10,000. Further calls end with RESOURCE_EXHAUSTED. A call counts until its handler has ended. Calls
    /// of `HealthService`, in the product CoreGRPCServices, do not count, and have a bound of their own.
    ///
    /// A call of a unary method counts from its request message on. Until then C-core alone has it: no deadline of the
    /// server ends it, and ``maxConcurrentStreams`` bounds how many there are. It lasts until its client ends it, or
    /// the connection ends: set ``connectionAge`` where strangers may open calls and send nothing.
    public var maxConcurrentCalls = 10_000

    /// The largest number of calls in progress on one connection.
    ///
    /// Defaults to 1,024. A client delays further calls.
    public var maxConcurrentStreams = 1_024

    /// The number of calls that the client of one connection may cancel before the server answers them.
    ///
    /// Defaults to 2,000 in a burst and 200 a second beyond the calls that are answered. `nil` sets no limit. Over the
    /// limit the server closes the connection, every call on it fails with UNAVAILABLE on the client, and
    /// ``CoreGRPCLog`` gets an event. Set it to `nil`, or raise it, where a trusted proxy sends the calls of many
    /// clients on one connection and bounds each client itself.
    ///
    /// It complements ``maxConcurrentStreams``, which calls never reach that are cancelled as soon as they have begun.
    /// Connections by Unix domain sockets cannot be told apart. They stay open, and the event says so.
    public var cancellationLimit: CancellationLimit? = CancellationLimit(burst: 2_000, perSecond: 200)

    /// The time in which a new connection must become ready.
    ///
    /// Defaults to 20 seconds. C-core closes a connection that takes longer.
    public var handshakeTimeout: Duration = .seconds(20)

    /// The memory that gRPC may use for connections and calls, in bytes.
    ///
    /// Defaults to 1 GiB. When memory runs short, C-core slows peers down and drops idle connections.
    public var memoryQuota = 1024 * 1024 * 1024

    /// The number of bytes that a client may send on a stream before the handler reads them.
    ///
    /// Defaults to `nil`: C-core adapts the window to its estimate of the connection's bandwidth, to at least 4 MiB
    /// while ``memoryQuota`` allows. A number bounds the memory of streams that are not read. It also keeps the window
    /// of the whole connection at 64 KiB beyond the messages that are being read, which slows down streams of small
    /// messages over long distances.
    public var targetWindowSize: Int?

    /// Whether other processes may listen on the same port (`SO_REUSEPORT`), and share its connections.
    ///
    /// Defaults to `false`: a port in use is an error.
    public var allowsPortReuse = false

    /// Whether starting the server raises the process's limit of open files and sockets, the soft `RLIMIT_NOFILE`, to
    /// the hard one.
    ///
    /// Defaults to `true`. Each connection takes a descriptor. When none is left, C-core stops accepting connections.
    /// Set it to `false` in a process that calls `select(2)`, which fails with descriptors from 1,024 on.
    public var raisesDescriptorLimit = true

    /// The threads on which handlers run.
    ///
    /// Defaults to the polling threads. Another thread relieves a polling thread that a handler blocks.
    public var handlerExecutor = HandlerExecutor.pollers

    /// The threads that poll for the network.
    ///
    /// Defaults to one thread, which spins for streams.
    public var polling = Polling()

    /// Whether the server leaves out work in each call that few servers use.
    ///
    /// Defaults to `false`. With `true`
    /// - responses are not compressed: ``Compression/algorithm`` and ``ServerResponse/compression`` have no effect on
    ///   what is sent;
    /// - C-core does not estimate the bandwidth of each connection, and leaves the window of flow control as it is.
    ///
    /// Limits, deadlines and keep-alive pings stay as they are. It composes with every other setting; an entry of
    /// ``additionalArguments`` for the same argument of C-core wins.
    public var isLean = false

    /// The largest number of threads for handlers that block or compute for long, apart from the polling threads.
    ///
    /// Defaults to 512. Further handlers wait for a thread: their deadlines hold, and ``CoreGRPCLog`` gets one event.
    /// The handlers of one method use three quarters of the threads at most. A blocked thread takes some tens of
    /// kilobytes of memory.
    ///
    /// With a ``handlerExecutor`` other than ``Server/HandlerExecutor/pollers``, cancellation handlers alone run on
    /// these threads.
    public var maxHandlerThreads = 512

    /// Whether a thread that polls starts replies and messages together when it has handled the events at hand.
    ///
    /// Defaults to `true`: the thread defers what calls send while events follow each other closely, for half a
    /// millisecond at most, which takes less processor time under load. With `false` each reply and message starts
    /// immediately.
    ///
    /// `COREGRPC_DEFER_SENDS=0` in the environment is `false` for every server of the process, and for its channels.
    /// Both exist to find the cause of a fault.
    public var defersSends = true

    /// Whether C-core writes the deferred replies of calls on one connection together.
    ///
    /// Defaults to `true`: eight replies or more take a few system calls, rather than one each. With `false` each
    /// deferred reply is written by itself. It has no effect where ``defersSends`` is `false`.
    ///
    /// `COREGRPC_COALESCE_SENDS=0` in the environment is `false` for every server of the process. Both exist to find
    /// the cause of a fault: coalescing relies on C-core's inner workings.
    public var coalescesSends = true

    /// The compression of messages.
    ///
    /// Defaults to none in either direction: what a peer compresses can take far more memory than it sends.
    public var compression = Compression.none

    /// The pings on silent connections, and the pings that clients may send.
    public var keepalive = Keepalive()

    /// The age at which connections end.
    ///
    /// Defaults to no limit: a connection lives as long as its client wants.
    public var connectionAge = ConnectionAge()

    /// The policy that allows and denies calls, before interceptors and handlers see them.
    ///
    /// Defaults to `nil`: every call is allowed. See ``AuthorizationPolicyProvider``.
    public var authorizationPolicy: AuthorizationPolicyProvider?

    /// A closure that the server calls for each call that reaches no handler.
    ///
    /// The server calls it in a task, where the handlers run, for one refused call after the other. It may block.
    /// Meanwhile at most 256 refused calls wait. The server counts further ones (``RefusedCall/droppedBefore``) and
    /// does not report them.
    ///
    /// Defaults to `nil`: ``CoreGRPCLog`` gets the calls, of each ``RefusedCall/Reason`` at most five at a time and
    /// five a minute, with the number of the others. Those beyond a limit are errors.
    public var onRefusedCall: (@Sendable (RefusedCall) -> Void)?

    /// The settings of a server that takes its configuration from an xDS control plane.
    ///
    /// Defaults to `nil`: the server uses no control plane.
    public var xds: XDS?

    /// The observers of all calls, which see each call begin and end, whatever ends it.
    ///
    /// Defaults to none: nothing is counted then.
    public var callObservers: [any ServerCallObserver] = []

    /// Whether C-core counts the server's calls, messages and connections for the `ChannelzService` of another server.
    ///
    /// Defaults to `false`: the counts take memory and some time, see the article about channelz in `CoreGRPCServices`.
    /// A server that has the service keeps them whatever this says.
    public var isChannelzEnabled = false

    /// Channel arguments of C-core without a setting here, by name.
    ///
    /// They take precedence over the settings. `grpc.experimental.tcp_tx_zerocopy_enabled` has no effect: it can
    /// corrupt what is sent (CVE-2024-11407).
    public var additionalArguments: [String: ChannelArgument] = [:]

    /// Creates the default settings.
    public init() {}

    /// The largest number of streams that C-core allows on a connection.
    var largestStreamCount: Int {
      guard case .integer(let count)? = additionalArguments["grpc.max_concurrent_streams"] else {
        return maxConcurrentStreams
      }
      return Int(count)
    }

    /// The times at which the library ends the calls of old connections; `nil` if it does not.
    ///
    /// If a program gives C-core its own arguments for that, C-core follows those.
    var connectionGrace: ConnectionGrace? {
      let own = ["grpc.max_connection_age_ms", "grpc.max_connection_age_grace_ms", "grpc.minimal_stack"]
      return own.allSatisfy { additionalArguments[$0] == nil } ? ConnectionGrace(connectionAge) : nil
    }

    var arguments: ChannelArguments {
      var arguments = ChannelArguments()
      arguments.set("grpc.max_receive_message_length", to: maxRequestMessageBytes)
      arguments.set("grpc.max_send_message_length", to: maxResponseMessageBytes ?? -1)
      arguments.setMetadataLimits(received: maxRequestMetadataBytes, sent: maxResponseMetadataBytes)
      arguments.set("grpc.max_concurrent_streams", to: maxConcurrentStreams)
      // Newer versions of C-core refuse calls while the memory of as many earlier ones is not free yet, which also hits
      // clients that keep to the limit. The limit of cancellations is for those that do not.
      if cancellationLimit != nil { arguments.set("grpc.http.overload_protection", to: false) }
      arguments.set("grpc.server_handshake_timeout_ms", toMillisecondsOf: handshakeTimeout)
      // See `PortReservation`.
      arguments.set("grpc.so_reuseport", to: allowsPortReuse || xds != nil)
      arguments.set(ResourceQuota(bytes: memoryQuota))
      arguments.setWindowSize(targetWindowSize)
      compression.setAccepted(in: &arguments)
      compression.setServerPreference(in: &arguments)
      keepalive.set(in: &arguments)
      connectionAge.set(in: &arguments, grace: connectionGrace.map(\.periodForCore) ?? connectionAge.maxGraceTime)
      // The number of bytes that C-core reads from a connection before it looks at others. Its own 4 MiB are tens of
      // thousands of calls, all of which would begin before the next call of another client.
      arguments.set("grpc.experimental.tcp_max_read_chunk_size", to: 64 * 1024)
      // See `ServerDeadlines`.
      arguments.set("grpc.enable_deadline_checking", to: false)
      arguments.set("grpc.enable_channelz", to: isChannelzEnabled)
      if isLean {
        arguments.set("grpc.http2.bdp_probe", to: false)
        arguments.set("grpc.per_message_compression", to: false)
      }
      arguments.set(additionalArguments)
      return arguments
    }
  }
}

extension Server.Configuration {
  /// The threads that poll for the network.
  public struct Polling: Sendable, Hashable {
    /// The least number of threads that poll, from 1 to 256.
    ///
    /// Defaults to 1. If handlers run on the polling threads, more threads poll while handlers block, and, up to the
    /// number of processors, while that completes more work.
    public var threads: Int

    /// The largest number of threads that poll, those included that still run a handler and no longer poll.
    ///
    /// Defaults to 256, and is at least one more than ``threads``. A handler that holds a polling thread keeps that
    /// thread until it returns, and another thread polls. At this number the handlers of all methods run on the threads
    /// that ``Server/Configuration/maxHandlerThreads`` bounds, or wait for one, and deadlines hold.
    /// A thread that C-core keeps, as it works for one connection for long, counts, too: a low number lets few such
    /// connections delay all others.
    public var maxThreads = 256

    /// The conditions under which a polling thread asks for the next event for a while before it sleeps.
    ///
    /// Defaults to ``Server/BusyPolling/forStreams``: while a handler waits for its stream.
    public var busyPolling: Server.BusyPolling

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - threads: The least number of threads. Defaults to 1.
    ///   - busyPolling: When a thread spins. Defaults to ``Server/BusyPolling/forStreams``.
    public init(threads: Int = 1, busyPolling: Server.BusyPolling = .forStreams) {
      self.threads = threads
      self.busyPolling = busyPolling
    }
  }
}
