import Synchronization

/// The working part of a ``Server``, which lives until the last call is done and C-core has released everything.
final class ServerCore: Sendable {
  /// The state stores instants by reference, see ``Deadline``, so that the compiler knows its size.
  struct State {
    var lifecycle: ServerLifecycle
    var handle: ServerHandle?
    var stopped: Promise<Void>
    /// The routes to serve, until the slots have them.
    ///
    /// A server that has stopped keeps no handler, because a handler may keep the server.
    var routes: [Route]
    /// The idle tasks, by the methods' numbers.
    var idleTasks: [[HandlerTask]]
    /// The sockets on which the server listens, without those of `xdsAddresses`.
    var listeningSockets: [ListeningSocket] = []
    /// The addresses whose sockets C-core opens when an xDS control plane says so.
    var xdsAddresses: [ListenAddress] = []
    /// The time at which a server that shuts down cancels its calls; `nil` for never.
    var graceEnd: Deadline?
    var liveCalls = LiveServerCalls()
    /// The number of calls that have arrived since the shutdown began.
    var lateCallCount = 0
    /// The time at which the server closes its connections; `nil` until it has ended its calls.
    var closingTime: Deadline?
    /// The connections accepted before the shutdown, unless another server of the process may accept at the same
    /// addresses.
    var connections: AcceptedConnections?
    /// The time at which the server ends the connections that C-core has not closed; `nil` until it has asked C-core
    /// to.
    var cuttingTime: Deadline?
  }

  static let shutdownStatus = Status(code: .unavailable, message: "the server has shut down")

  /// The signal that the whole ``Server`` shuts down.
  ///
  /// Retiring one C server does not send it.
  let shutdownSignal: ShutdownSignal

  let refusals: RefusalReporter
  /// The policy that allows and denies calls; `nil` without one.
  let authorization: AuthorizationPolicyProvider?
  /// The observer of the calls of unknown methods; `nil` without any.
  let observerOfUnknownMethods: JoinedServerCallObservers?
  /// The executor of the handlers; `nil` for Swift's pool.
  let executor: (any TaskExecutor)?
  /// The executor, if it is that of the polling threads.
  let pollers: PollerExecutor?
  let workers: WorkerPool
  /// The placements of the methods, by their numbers.
  let placements: [MethodPlacement]
  let sharesPorts: Bool
  let maxConcurrentCalls: Int
  /// The tally of the calls that clients cancel; `nil` without a limit.
  let cancellations: CancellationTally?
  /// The times at which calls end by the age of their connections; `nil` without a limit.
  let connectionAges: ConnectionAges?
  let state: ContendedLock<State>
  let connections: ServerConnections
  /// The event that a shutdown begins.
  let shutdownBegun = OneTimeEvent()
  let shutdownWakeUp = Semaphore()

  /// - Parameter arguments: The channel arguments of the configuration, made once because they hold the memory quota.
  init(
    routes: [Route],
    configuration: Server.Configuration,
    arguments: ChannelArguments,
    shutdownSignal: ShutdownSignal = ShutdownSignal(),
    servingStatus: ServingStatusReporter = ServingStatusReporter(nil)
  ) {
    self.shutdownSignal = shutdownSignal
    self.refusals = RefusalReporter(configuration.onRefusedCall)
    self.authorization = configuration.authorizationPolicy
    self.observerOfUnknownMethods = JoinedServerCallObservers(
      configuration.callObservers.map { $0.observer(forMethod: nil) }
    )
    self.sharesPorts = configuration.allowsPortReuse
    self.maxConcurrentCalls = configuration.maxConcurrentCalls
    let connections = ServerConnections()
    self.connections = connections
    self.cancellations = configuration.cancellationLimit.map { limit in
      CancellationTally(limit, largestStreamCount: configuration.largestStreamCount) {
        connections.close($0, cancelledCount: $1)
      }
    }
    self.connectionAges = configuration.connectionGrace.map { ConnectionAges($0) }
    let stopped = Promise<Void>()
    let queue = CompletionQueue(
      name: "grpc-server",
      threads: max(1, configuration.polling.threads),
      largestThreadCount: configuration.polling.maxThreads,
      busyPolling: configuration.polling.busyPolling,
      largestWorkerCount: configuration.maxHandlerThreads,
      sends: SendOptions(defers: configuration.defersSends, coalesces: configuration.coalescesSends)
    ) {
      stopped.fulfil(())
    }
    self.executor =
      switch configuration.handlerExecutor.value {
      case .concurrentPool: nil
      case .pollers: queue.executor
      case .custom(let executor): executor
      }
    // Also a channel's, if the program has chosen that.
    let pollers = self.executor as? PollerExecutor
    self.pollers = pollers
    self.placements = routes.map { route in
      // The pollers of a channel may run other code.
      MethodPlacement(
        pollers: route.staysOnPollers ? queue.executor : pollers ?? queue.executor,
        workers: queue.workers,
        staysOnPollers: route.staysOnPollers
      )
    }
    self.workers = queue.workers
    self.state = ContendedLock(
      State(
        lifecycle: ServerLifecycle(maxConcurrentCalls: maxConcurrentCalls),
        handle: ServerHandle(
          arguments: arguments,
          queue: queue,
          xds: configuration.xds.map { settings in
            XDSListeners(settings, reporter: servingStatus, allowsPortReuse: configuration.allowsPortReuse)
          }
        ),
        stopped: stopped,
        routes: routes,
        idleTasks: Array(repeating: [], count: routes.count)
      )
    )
  }

  func listen(
    on address: ListenAddress,
    credentials: ServerCredentials
  ) throws(RuntimeError) -> ListenAddress {
    try address.validate()
    if let path = address.unixDomainSocketPath, UnixSocketProbe.isListening(atPath: path) {
      throw RuntimeError(code: .transportError, message: "cannot listen on \(address): Address already in use")
    }
    let handle = state.withLock { $0.lifecycle.beginBind() ? $0.handle : nil }
    guard let handle else {
      let isRunning = state.withLock { $0.lifecycle.phase } == .running
      let problem = isRunning ? "the server has been started" : "the server has been shut down"
      throw RuntimeError(
        code: isRunning ? .serverIsAlreadyRunning : .serverIsStopped,
        message: "cannot listen on \(address): \(problem)"
      )
    }
    defer { handleEvent { $0.endBind() } }
    let bound = try handle.bind(address, credentials: credentials)
    if handle.opensSocketsLater {
      state.withLock { $0.xdsAddresses.append(bound) }
      connections.add(ports: [bound.port].compactMap(\.self))
    }
    return bound
  }

  /// Adds sockets on which the server listens.
  func add(_ sockets: some Sequence<ListeningSocket>) {
    state.withLock { $0.listeningSockets += Array(sockets) }
    connections.add(ports: sockets.compactMap(\.name.port))
  }

  /// Looks for the sockets on which the server listens now.
  func findListeningSockets() -> [ListeningSocket] {
    let (sockets, addresses) = state.withLock { ($0.listeningSockets, $0.xdsAddresses) }
    // Where ports are shared, a socket of the address may be another server's.
    if addresses.isEmpty || sharesPorts { return sockets }
    return sockets + ListeningSocket.all().filter { socket in addresses.contains { socket.listens(at: $0) } }
  }

  /// Returns the address at which a client has reached the server.
  ///
  /// - Parameter peer: The client, as C-core names it.
  /// - Returns: The address; `nil` once the connection is closed.
  func localPeer(ofConnectionFrom peer: String) -> String? {
    let (sockets, addresses) = state.withLock { ($0.listeningSockets, $0.xdsAddresses) }
    guard peer.hasPrefix("unix") else {
      let ports = Set(sockets.compactMap(\.name.port) + addresses.compactMap(\.port))
      return ConnectionEnd.local(ofConnectionTo: peer, ports: ports)?.description
    }
    let paths = Set(sockets.compactMap(\.name.unixPath))
    guard let path = paths.first, paths.count == 1 else { return peer }
    let text = String(decoding: path.drop { $0 == 0 }.prefix { $0 != 0 }, as: UTF8.self)
    return path.first == 0 ? "unix-abstract:\(text)" : "unix:\(text)"
  }

  func start() throws(RuntimeError) {
    // Under the lock, so that no shutdown overtakes the start.
    let methods = state.withLock { state -> [(Route, RegisteredMethod)]? in
      guard state.lifecycle.start(), let handle = state.handle else { return nil }
      let methods = state.routes.map {
        ($0, handle.register($0.descriptor.path, readsMessage: $0.startsWithMessage))
      }
      handle.start()
      state.routes = []
      return methods
    }
    guard let methods else {
      guard state.withLock({ $0.lifecycle.phase }) != .running else {
        throw RuntimeError(code: .serverIsAlreadyRunning, message: "the server has been started before")
      }
      throw RuntimeError(code: .serverIsStopped, message: "the server has been shut down")
    }
    for _ in 0..<Self.slots {
      postSlot(for: nil)
      for method in methods { postSlot(for: method) }
    }
  }

  /// Calls a function on a polling thread when one next polls, unless the server has stopped.
  func whenPolled(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.handle }?.whenPolled(body) }

  /// Connects the server to a channel of this process.
  func connect(arguments: ChannelArguments, resumesOnPollers: Bool) throws(RuntimeError) -> ChannelHandle {
    var sockets = try SocketPair()
    let socket = sockets.takeServerEnd()
    // Under the lock, so that the server is not destroyed meanwhile.
    let isServed = state.withLock { state in
      guard state.lifecycle.phase == .running, let handle = state.handle else { return false }
      handle.serve(socket)
      return true
    }
    guard isServed else {
      SocketPair.close(socket)
      let message = "the server is not running: it has been shut down or was not started"
      throw RuntimeError(code: .serverIsStopped, message: message)
    }
    return ChannelHandle(
      socket: sockets.takeClientEnd(),
      serverShutdown: shutdownBegun,
      arguments: arguments,
      resumesOnPollers: resumesOnPollers
    )
  }

  /// Whether the server has been shut down, and C-core has released everything.
  var hasStopped: Bool { state.withLock { $0.stopped }.current != nil }

  func waitUntilStopped() async {
    let stopped = state.withLock { $0.stopped }
    await stopped.value()
  }

  func handleEvent(
    _ event: (inout ServerLifecycle) -> ServerLifecycle.Action,
    ofReleased call: ServerCall? = nil
  ) {
    let handle = state.withLock { state -> ServerHandle? in
      if let call { state.liveCalls.remove(call) }
      switch event(&state.lifecycle) {
      case .destroy:
        return state.handle.take()
      case .cancelAllCalls:
        // Under the lock, so that the server is not destroyed meanwhile.
        state.handle?.cancelAllCalls()
        return nil
      case .none, .shutDown:
        return nil
      }
    }
    guard let handle else { return }
    shutdownWakeUp.signal()
    // No other code has the handle now. Destroying and releasing it also releases the queue, whose threads end and
    // signal their end.
    handle.destroy()
  }
}
