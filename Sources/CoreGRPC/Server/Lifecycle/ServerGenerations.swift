import Synchronization

/// The C servers of a ``Server``: the one that accepts connections, and earlier ones, which finish their calls.
///
/// Usually there is one. When C-core has given up a listener, see ``ListenerDiagnosis``, another C server replaces the
/// current one. The current one shuts down gracefully, so that its clients reconnect. The next one binds the same
/// addresses, with the same credentials, as soon as they and a few descriptors are free.
///
/// Channels of this process cannot reconnect. Where the server listens, a C server of their own serves them, which is
/// never replaced.
final class ServerGenerations: Sendable {
  /// The number of descriptors that must be free before a C server is made: it needs some for itself, and one for each
  /// listener.
  private static let spareDescriptors = 8

  private static let shortestPause = Duration.milliseconds(50)
  private static let longestPause = Duration.seconds(30)

  private struct Listener {
    /// The address, with the port that was bound.
    let address: ListenAddress
    let credentials: ServerCredentials
    var sockets: [ListeningSocket: ListenerDiagnosis]
  }

  private struct State {
    var current: ServerCore
    var count = 1
    var earlier: [ServerCore] = []
    /// The C server for channels of this process, made for the first one; `nil` before, and for a server that does not
    /// listen, which serves them from the current one.
    var inProcess: ServerCore?

    var all: [ServerCore] { earlier + [current] + (inProcess.map { [$0] } ?? []) }
    /// The routes and listeners to serve, until the shutdown.
    ///
    /// A server that has stopped keeps no handler, because a handler may keep the server.
    var routes: [Route]
    var listeners: [Listener] = []
    /// Whether the server has been started.
    var isStarted = false
    var isRunning = false
    var isShutDown = false
    /// The promise that is fulfilled when the recovery in progress ends; `nil` without a recovery.
    var recovery: Promise<Void>?
    var lastRecovery: ContinuousClock.Instant?
    /// The pause before the next recovery, if it comes soon after the last one.
    var pause = Duration.seconds(1)
  }

  private let routeError: RuntimeError?
  private let configuration: Server.Configuration
  private let arguments: ChannelArguments
  private let servingStatus: ServingStatusReporter
  private let state: Locked<State>
  private let shutdownBegan = Promise<Void>()
  let shutdownSignal = ShutdownSignal()
  /// The signal that ends the pauses of a recovery.
  private let wakeUp = Semaphore()
  private let hasPolled = Atomic(true)

  /// - Parameter routeError: The reason for which the routes cannot be served, if any.
  init(routes: [Route], routeError: RuntimeError?, configuration: Server.Configuration) {
    self.routeError = routeError
    self.configuration = configuration
    var settings = configuration
    if routes.contains(where: { $0.descriptor.service == Channelz.service }) { settings.isChannelzEnabled = true }
    self.arguments = settings.arguments
    self.servingStatus = ServingStatusReporter(configuration.xds?.onServingStatusChange)
    self.state = Locked(
      State(
        current: ServerCore(
          routes: routes,
          configuration: configuration,
          arguments: arguments,
          shutdownSignal: shutdownSignal,
          servingStatus: servingStatus
        ),
        routes: routes
      )
    )
  }

  func listen(on address: ListenAddress, credentials: ServerCredentials) throws(RuntimeError) -> ListenAddress {
    let core = state.withLock { $0.current }
    let listener = try Self.bind(core, to: address, credentials: credentials)
    state.withLock { if !$0.isShutDown { $0.listeners.append(listener) } }
    return listener.address
  }

  private static func bind(
    _ core: ServerCore,
    to address: ListenAddress,
    credentials: ServerCredentials
  ) throws(RuntimeError) -> Listener {
    let failures = ListenerWatch.shared.failureCount
    // One bind at a time where several servers of the process may bind the same port, so that each finds its own
    // sockets.
    let (address, sockets) =
      if let port = address.port, port != 0 {
        try binding.withLock { (_) throws(RuntimeError) in
          try listen(core, on: address, credentials: credentials)
        }
      } else {
        try listen(core, on: address, credentials: credentials)
      }
    core.add(sockets)
    return Listener(
      address: address,
      credentials: credentials,
      sockets: Dictionary(uniqueKeysWithValues: sockets.map { ($0, ListenerDiagnosis(failures: failures)) })
    )
  }

  private static let binding = Locked(())

  /// The lock that admits one start at a time.
  private let starting = Locked(())

  private static func listen(
    _ core: ServerCore,
    on address: ListenAddress,
    credentials: ServerCredentials
  ) throws(RuntimeError) -> (ListenAddress, Set<ListeningSocket>) {
    let before = ListeningSocket.all()
    let bound = try core.listen(on: address, credentials: credentials)
    return (bound, ListeningSocket.all().subtracting(before).filter { bound.isAddress(of: $0) })
  }

  /// The C servers.
  var cores: [ServerCore] { state.withLock { $0.all } }

  var listeningAddresses: [ListenAddress] { state.withLock { $0.listeners.map(\.address) } }

  func start() throws(RuntimeError) {
    try starting.withLock { (_) throws(RuntimeError) in
      let isAlone = state.withLock { !$0.isStarted && !$0.isShutDown && $0.listeners.isEmpty }
      if isAlone {
        let message = """
          the server listens on no address: call listen(on:) before start(), or makeInProcessChannel() alone for a server of this \
          process
          """
        throw RuntimeError(code: .noAddress, message: message)
      }
      try begin()
    }
  }

  private func begin() throws(RuntimeError) {
    if let routeError { throw routeError }
    if configuration.raisesDescriptorLimit { DescriptorLimit.raise() }
    try state.withLock { $0.current }.start()
    state.withLock { state in
      state.isStarted = true
      state.isRunning = !state.isShutDown
      // Under the lock, so that no shutdown overtakes it.
      if state.isRunning, !state.listeners.isEmpty { ListenerWatch.shared.add(self) }
    }
  }

  func connect(arguments: ChannelArguments, resumesOnPollers: Bool) throws(RuntimeError) -> ChannelHandle {
    let core = try starting.withLock { (_) throws(RuntimeError) in
      if state.withLock({ !$0.isStarted && !$0.isShutDown && $0.listeners.isEmpty }) { try begin() }
      return try coreOfProcess()
    }
    return try core.connect(arguments: arguments, resumesOnPollers: resumesOnPollers)
  }

  /// Returns the C server for channels of this process.
  ///
  /// Called with the lock `starting`.
  private func coreOfProcess() throws(RuntimeError) -> ServerCore {
    let (core, routes) = state.withLock { state -> (ServerCore, [Route]?) in
      if let core = state.inProcess { return (core, nil) }
      return (state.current, state.isRunning && !state.listeners.isEmpty ? state.routes : nil)
    }
    guard let routes else { return core }
    let new = makeCore(routes)
    try new.start()
    let isShutDown = state.withLock { state in
      state.inProcess = new
      return state.isShutDown
    }
    if isShutDown { new.stop() }
    return new
  }

  /// Makes another C server for the routes.
  private func makeCore(_ routes: [Route]) -> ServerCore {
    ServerCore(
      routes: routes,
      configuration: configuration,
      arguments: arguments,
      shutdownSignal: shutdownSignal,
      servingStatus: servingStatus
    )
  }

  func stop() { beginShutdown(gracePeriod: .zero) }

  func beginShutdown(gracePeriod: Duration?) {
    let (cores, routes, listeners) = state.withLock { state in
      defer {
        state.isShutDown = true
        state.isRunning = false
        state.routes = []
        state.listeners = []
      }
      return (state.all, state.routes, state.listeners)
    }
    ListenerWatch.shared.remove(self)
    wakeUp.signal()
    for core in cores { core.beginShutdown(gracePeriod: gracePeriod) }
    shutdownSignal.begin()
    shutdownBegan.fulfil(())
    // Not under the lock: this may release objects that a program's handlers capture.
    _ = (routes, listeners)
  }

  func waitUntilStopped() async {
    await shutdownBegan.value()
    await waitForRecovery()
    for core in state.withLock({ $0.all }) { await core.waitUntilStopped() }
  }
}

// MARK: Recovery

extension ServerGenerations: ListenerWatch.Subject {
  /// Adds the sockets that C-core has opened because an xDS control plane said so.
  private func findLateSockets() {
    let core = state.withLock { state -> ServerCore? in
      let isWaiting = state.isRunning && state.recovery == nil && state.listeners.contains { $0.sockets.isEmpty }
      return isWaiting ? state.current : nil
    }
    guard let core else { return }
    let failures = ListenerWatch.shared.failureCount
    let sockets = core.findListeningSockets()
    state.withLock { state in
      guard state.current === core else { return }
      for index in state.listeners.indices where state.listeners[index].sockets.isEmpty {
        let address = state.listeners[index].address
        for socket in sockets where socket.listens(at: address) {
          state.listeners[index].sockets[socket] = ListenerDiagnosis(failures: failures)
        }
      }
    }
  }

  func lookAtListeners() -> Bool {
    if configuration.xds != nil { findLateSockets() }
    let failures = ListenerWatch.shared.failureCount
    let (isUnclear, isWaiting, dead) = state.withLock { state -> (Bool, Bool, [ListenAddress]) in
      guard state.isRunning, state.recovery == nil else { return (false, false, []) }
      let polled = hasPolled.load(ordering: .acquiring)
      var isUnclear = false
      var isWaiting = false
      var dead: [ListenAddress] = []
      for index in state.listeners.indices {
        for socket in state.listeners[index].sockets.keys {
          let verdict = state.listeners[index].sockets[socket]?.look(
            isWaiting: socket.hasWaitingConnection,
            hasPolled: polled,
            failures: failures,
            accepted: { socket.acceptedConnections }
          )
          switch verdict {
          case .unclear: isUnclear = true
          case .waits: isWaiting = true
          case .dead: dead.append(state.listeners[index].address)
          case .accepts, nil: break
          }
        }
      }
      return (isUnclear, isUnclear || isWaiting, dead)
    }
    if !dead.isEmpty {
      beginRecovery(of: dead)
      return false
    }
    if isWaiting, hasPolled.exchange(false, ordering: .acquiringAndReleasing) {
      state.withLock { $0.current }.whenPolled { [self] in hasPolled.store(true, ordering: .releasing) }
    }
    return isUnclear
  }

  /// Begins to replace a C server that no longer accepts connections on some of its addresses.
  func beginRecovery(of dead: [ListenAddress]) {
    let begins = state.withLock { state in
      guard state.isRunning, state.recovery == nil else { return false }
      state.recovery = Promise()
      return true
    }
    if begins, !Thread.spawn(name: "grpc-recovery", { [self] in recover(dead) }) {
      // The next look at the listeners tries again.
      state.withLock { state in
        defer { state.recovery = nil }
        return state.recovery
      }?
      .fulfil(())
    }
  }

  /// Waits until no recovery is in progress.
  func waitForRecovery() async { await state.withLock { $0.recovery }?.value() }

  private func recover(_ dead: [ListenAddress]) {
    let addresses = Set(dead.map(\.description)).sorted().joined(separator: ", ")
    CoreGRPCLog.reportOfServer(
      .error,
      """
      the server stopped accepting connections on \(addresses): accept4 failed, most likely because the process has all \
      of its \(DescriptorLimit.current) file descriptors open. The server listens again as soon as it can; calls in \
      progress continue. Raise the limit (ulimit -n, LimitNOFILE=), or bound the number of connections.
      """
    )
    defer {
      state.withLock { state in
        defer { state.recovery = nil }
        return state.recovery
      }?
      .fulfil(())
    }
    pauseAfterRecentRecovery()
    guard let replaced = retireCurrent() else { return }
    let sockets = replaced.listeners.flatMap(\.sockets.keys)
    var pause = Self.shortestPause
    var lastReason: String?
    while !state.withLock({ $0.isShutDown }) {
      let reason: String
      if sockets.contains(where: \.isOpen) {
        reason = "C-core has not closed the earlier listener yet"
      } else if !DescriptorLimit.allows(Self.spareDescriptors) {
        reason = "fewer than \(Self.spareDescriptors) file descriptors are free"
      } else {
        do throws(RuntimeError) {
          try startNext(routes: replaced.routes, listeners: replaced.listeners)
          return CoreGRPCLog.reportOfServer(.info, "the server accepts connections on \(addresses) again")
        } catch {
          reason = error.message
        }
      }
      if reason != lastReason {
        CoreGRPCLog.reportOfServer(.error, "the server cannot listen on \(addresses) yet: \(reason); it tries again")
      }
      lastReason = reason
      wakeUp.wait(atMost: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Waits if the last recovery was recent, because each one makes all clients reconnect.
  private func pauseAfterRecentRecovery() {
    let pause = state.withLock { state in
      let isRecent = state.lastRecovery.map { ContinuousClock.now - $0 < .seconds(60) } ?? false
      defer { state.pause = isRecent ? min(state.pause * 2, Self.longestPause) : .seconds(1) }
      return isRecent ? state.pause : .zero
    }
    let end = ContinuousClock.now + pause
    while ContinuousClock.now < end, !state.withLock({ $0.isShutDown }) {
      wakeUp.wait(atMost: end - ContinuousClock.now)
    }
  }

  /// Makes the current C server finish its calls and release its addresses.
  ///
  /// - Returns: The routes and listeners for the next one; `nil` if the server has been shut down.
  private func retireCurrent() -> (routes: [Route], listeners: [Listener])? {
    forgetStopped()
    let retired = state.withLock { state -> (core: ServerCore, routes: [Route], listeners: [Listener])? in
      guard !state.isShutDown else { return nil }
      return (state.current, state.routes, state.listeners)
    }
    guard let retired else { return nil }
    retired.core.beginShutdown(gracePeriod: nil)
    return (retired.routes, retired.listeners)
  }

  /// Releases the C servers that have stopped.
  ///
  /// Called without the lock.
  private func forgetStopped() {
    let stopped = state.withLock { state in
      let stopped = state.earlier.filter(\.hasStopped)
      state.earlier.removeAll { core in stopped.contains { $0 === core } }
      return stopped
    }
    _ = consume stopped
  }

  /// The number of C servers so far, without that for channels of this process.
  var count: Int { state.withLock { $0.count } }

  private func startNext(routes: [Route], listeners: [Listener]) throws(RuntimeError) {
    let next = makeCore(routes)
    var bound: [Listener] = []
    do throws(RuntimeError) {
      for listener in listeners {
        bound.append(try Self.bind(next, to: listener.address, credentials: listener.credentials))
      }
      try next.start()
    } catch {
      next.stop()
      state.withLock { $0.earlier.append(next) }
      forgetStopped()
      throw error
    }
    let isShutDown = state.withLock { state in
      state.earlier.append(state.current)
      state.current = next
      state.count += 1
      state.lastRecovery = .now
      if !state.isShutDown { state.listeners = bound }
      return state.isShutDown
    }
    hasPolled.store(true, ordering: .releasing)
    if isShutDown { next.stop() }
  }
}
