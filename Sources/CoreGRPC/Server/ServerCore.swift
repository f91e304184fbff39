import Synchronization

/// The working part of a ``Server``, which lives on until the last call is done and C-core has let go of everything.
final class ServerCore: Sendable {
  /// Slots posted for incoming calls of each method, and of methods that are not there.
  ///
  /// Each is posted again before its call is served, so two suffice, and C-core's cost for a call grows with their number:
  /// Debian's build looks for an event's tag among all that are outstanding.
  private static let slots = 2

  /// How many tasks wait for calls of a method at most; more end.
  private static let largestIdleCount = 64

  private struct State {
    var lifecycle: ServerLifecycle
    var handle: ServerHandle?
    var stopped: OneShot<Void>
    /// What is to be served, until the slots have it: a server that has stopped keeps no handler, which may keep the server.
    var routes: [Route]
    /// By the methods' numbers.
    var idleTasks: [[IdleHandlerTask]]
    var listeningSockets: [ListeningSocket] = []
    /// When a server that shuts down cancels its calls; `nil` for never.
    var graceEnd: ContinuousClock.Instant?

    /// A call came to a slot.
    ///
    /// - Returns: What to do about the call, where to post the slot again, if so, and which task is free.
    mutating func callArrived(_ route: Route?) -> (ServerLifecycle.Admission, ServerHandle?, IdleHandlerTask?) {
      let admission = lifecycle.callArrived()
      let mayPost = lifecycle.postSlot()
      let action = lifecycle.slotReturned()
      assert(action == .none, "a call keeps its server")
      guard let route, admission == .serve else { return (admission, mayPost ? handle : nil, nil) }
      return (admission, mayPost ? handle : nil, idleTasks[route.index].popLast())
    }
  }

  /// How long a server that shuts down waits at most for its clients to send no more calls.
  private static let longestDrainTime = Duration.seconds(1)

  /// Tells the calls in progress that the server shuts down: the ``Server``, not this one alone.
  let shutdownSignal: ShutdownSignal

  private let refusals: RefusalReporter
  let executor: (any TaskExecutor)?
  /// The executor, if it is that of the polling threads.
  private let pollers: PollerExecutor?
  private let workers: WorkerPool
  let placements = HandlerPlacements()
  private let state: Locked<State>
  /// Happens when a shutdown begins.
  private let shutdownBegun = OneTimeEvent()
  private let shutdownWakeUp = Semaphore()

  /// - Parameter arguments: The channel arguments of the configuration, made once: with them goes the memory quota.
  init(
    routes: [Route],
    configuration: Server.Configuration,
    arguments: ChannelArguments,
    shutdownSignal: ShutdownSignal = ShutdownSignal()
  ) {
    self.shutdownSignal = shutdownSignal
    self.refusals = RefusalReporter(configuration.onRefusedCall)
    let stopped = OneShot<Void>()
    let queue = CompletionQueue(
      name: "grpc-server",
      threads: max(1, configuration.pollerThreads),
      busyPolling: configuration.busyPolling,
      largestWorkerCount: configuration.maximumHandlerThreads,
      placements: placements
    ) {
      stopped.fulfil(())
    }
    self.executor =
      switch configuration.handlerExecutor.value {
      case .concurrentPool: nil
      case .pollers: queue.executor
      case .custom(let executor): executor
      }
    self.pollers = self.executor as? PollerExecutor
    self.workers = queue.workers
    self.state = Locked(
      State(
        lifecycle: ServerLifecycle(maximumConcurrentCalls: configuration.maximumConcurrentCalls),
        handle: ServerHandle(arguments: arguments, queue: queue),
        stopped: stopped,
        routes: routes,
        idleTasks: Array(repeating: [], count: routes.count)
      )
    )
  }

  func listen(
    on address: ListenAddress,
    credentials: ServerCredentials
  ) throws(ServerError) -> ListenAddress {
    try address.validate()
    if let path = address.unixDomainSocketPath, UnixSocketProbe.isListening(atPath: path) {
      throw ServerError(code: .cannotListen, message: "cannot listen on \(address): Address already in use")
    }
    let handle = state.withLock { $0.lifecycle.beginBind() ? $0.handle : nil }
    guard let handle else {
      throw ServerError(code: .wrongState, message: "cannot listen on \(address): the server has been started")
    }
    defer { handleEvent { $0.endBind() } }
    return address.withPort(try handle.bind(address.description, credentials: credentials))
  }

  /// Makes sockets known on which the server listens.
  func add(_ sockets: some Sequence<ListeningSocket>) { state.withLock { $0.listeningSockets += Array(sockets) } }

  func start() throws(ServerError) {
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
      throw ServerError(code: .wrongState, message: "the server has been started or shut down before")
    }
    for _ in 0..<Self.slots {
      postSlot(for: nil)
      for method in methods { postSlot(for: method) }
    }
  }

  /// Calls a function on a polling thread when one polls next, unless the server has stopped.
  func whenPolled(_ body: @escaping @Sendable () -> Void) { state.withLock { $0.handle }?.whenPolled(body) }

  /// Connects the server to a channel of this process.
  func connect(arguments: ChannelArguments, resumesOnPollers: Bool) throws(ServerError) -> ChannelHandle {
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
      throw ServerError(code: .wrongState, message: "the server does not run")
    }
    return ChannelHandle(
      socket: sockets.takeClientEnd(),
      serverShutdown: shutdownBegun,
      arguments: arguments,
      resumesOnPollers: resumesOnPollers
    )
  }

  /// Stops at once: calls in progress are cancelled.
  func stop() { beginShutdown(gracePeriod: .zero) }

  func beginShutdown(gracePeriod: Duration?) {
    let (action, wasStarted) = state.withLock { state in
      let wasStarted = state.lifecycle.phase == .running
      return (state.lifecycle.beginShutdown(), wasStarted)
    }
    if action == .shutDown {
      shutdownBegun.happen()
      // Routes that were never served go, too, and not under the lock: with them goes what a program's handlers hold.
      let (idleTasks, _) = state.withLock { state in
        defer {
          for index in state.idleTasks.indices { state.idleTasks[index] = [] }
          state.routes = []
        }
        return (state.idleTasks.joined(), state.routes)
      }
      for idle in idleTasks { idle.continuation.resume(returning: nil) }
      guard let handle = state.withLock({ $0.handle }) else { return }
      let isSpawned = Thread.spawn(name: "grpc-shutdown") { [self] in
        if wasStarted, handle.canDrain { drain(handle) }
        shutDown(handle)
        while let rest = endGracePeriodIfDue() { shutdownWakeUp.wait(atMost: rest) }
      }
      if !isSpawned {
        // Where no thread can be had, this one may have to wait a little, and the grace period for Swift's pool.
        shutDown(handle)
        Task { [self] in
          while let rest = endGracePeriodIfDue() { try? await Task.sleep(for: min(rest, .milliseconds(100))) }
        }
      }
    }
    guard let gracePeriod else { return }
    let graceEnd = ContinuousClock.Instant.after(gracePeriod)
    state.withLock { $0.graceEnd = min($0.graceEnd ?? graceEnd, graceEnd) }
    shutdownWakeUp.signal()
  }

  /// Shuts C-core's server down: on a thread that has time for it.
  private func shutDown(_ handle: ServerHandle) {
    handleEvent { $0.close() }
    handle.shutDown { [self] in handleEvent { $0.shutdownCompleted() } }
    handleEvent { $0.shutdownReturned() }
  }

  /// Has the calls cancelled when the grace period is over.
  ///
  /// - Returns: For how long to wait before this is called again; `nil` when there is nothing left to do.
  private func endGracePeriodIfDue() -> Duration? {
    let (graceEnd, isDestroyed) = state.withLock { ($0.graceEnd, $0.lifecycle.phase == .destroyed) }
    if isDestroyed { return nil }
    // A day is as good as any longer time.
    let rest = min(graceEnd.map { $0 - .now } ?? .seconds(86_400), .seconds(86_400))
    if rest > .zero { return rest }
    handleEvent { $0.gracePeriodEnded() }
    return nil
  }

  /// Waits until the clients send no more calls.
  ///
  /// A client that is told has no new call on its way when it has answered, which takes a round trip. C-core closes its connection
  /// then, if it has no call in progress.
  private func drain(_ handle: ServerHandle) {
    let end = ContinuousClock.now + Self.longestDrainTime
    func rest() -> Duration { min(end, state.withLock { $0.graceEnd } ?? end) - .now }
    if rest() <= .zero { return }
    handle.beginDrain(closing: state.withLock { $0.listeningSockets })
    while handle.hasOpenConnections {
      let rest = rest()
      if rest <= .zero { return }
      shutdownWakeUp.wait(atMost: min(rest, .milliseconds(5)))
    }
  }

  /// Whether the server has been shut down, and C-core has let go of everything.
  var hasStopped: Bool { state.withLock { $0.stopped }.current != nil }

  func waitUntilStopped() async {
    let stopped = state.withLock { $0.stopped }
    await stopped.value()
  }

  /// Posts a slot for calls of a method, or of those that are not there.
  private func postSlot(for method: (route: Route, registered: RegisteredMethod)?) {
    guard let handle = state.withLock({ $0.handle }) else { return }
    let route = method?.route
    let slot = handle.makeSlot(for: method?.registered) { [self] slot, hasCall in
      guard hasCall else { return handleEvent { $0.slotReturned() } }
      let path = route == nil ? slot.path : ""
      let call = ServerCall(takenFrom: slot, route: route, core: self)
      let (admission, handle, idle) = state.withLock { $0.callArrived(route) }
      // First of all, so that the next call need not wait.
      if let handle, !handle.post(slot) { handleEvent { $0.slotReturned() } }
      guard admission == .serve else {
        let message = "the server has as many calls in progress as it allows"
        let status = Status(code: .resourceExhausted, message: message)
        report(.tooManyCalls, call: call, path: route?.descriptor.path ?? path, status: status)
        return call.refuse(with: status)
      }
      guard let route else {
        let status = Status(code: .unimplemented, message: "this server has no method \(path)")
        report(.unknownMethod, call: call, path: path, status: status)
        call.refuse(with: status)
        return handlerEnded()
      }
      serve(call, of: route, in: idle)
    }
    post(slot)
  }

  private func post(_ slot: CallSlot) {
    let handle = state.withLock { $0.lifecycle.postSlot() ? $0.handle : nil }
    guard let handle else { return }
    if !handle.post(slot) { handleEvent { $0.slotReturned() } }
  }

  /// Tells the program of a call that no handler gets: before the call ends, so that its peer is known.
  func report(_ reason: RefusedCall.Reason, call: ServerCall, path: String, status: Status) {
    refusals.report(executor: executor, reason: reason) {
      RefusedCall(reason: reason, path: path, remotePeer: call.peer ?? "", status: status)
    }
  }

  /// Where handlers run; `nil` for Swift's pool.
  var handlerExecutor: (any TaskExecutor)? { executor }

  /// Whether the calls that were in progress are cancelled, or about to be.
  var hasGracePeriodEnded: Bool { state.withLock { $0.graceEnd.map { $0 <= .now } ?? false } }

  /// Runs what a handler's task does from its first call to its last.
  func runHandlerTask(_ body: @Sendable @escaping () async -> Void) async {
    await shutdownSignal.runTask(on: executor, body)
  }

  private func serve(_ call: ServerCall, of route: Route, in idle: IdleHandlerTask?) {
    var lane: HandlerLane?
    if let pollers {
      lane = route.placement.lane
      // A polling thread runs handlers only while another one could take over.
      if lane == nil, !pollers.hasSpareThread.load(ordering: .relaxed) {
        lane = route.placement.leavePollers(for: workers)
      }
    }
    let staysOnThread = pollers != nil && lane == nil
    if !staysOnThread { call.watch() }
    var idle = idle
    if let other = idle, other.lane !== lane {
      // It runs where the method's handlers ran before.
      other.continuation.resume(returning: nil)
      idle = nil
    }
    if let error = call.excessiveMetadata {
      call.refuse(.metadataTooLarge, with: error)
    } else if call.lacksMessage {
      call.endWithoutMessage()
    } else if call.begin(in: idle, lane: lane, executor: executor) {
      if staysOnThread { PollerThread.current?.append(call) }
      return
    }
    if let idle { handlerEnded(idle, of: route) } else { handlerEnded() }
  }

  /// A handler has ended, or will never start.
  func handlerEnded() { state.withLock { $0.lifecycle.handlerEnded() } }

  /// A handler has ended, or will never start, and its task is free.
  func handlerEnded(_ idle: IdleHandlerTask, of route: Route) {
    let isKept = state.withLock { state in
      state.lifecycle.handlerEnded()
      let count = state.idleTasks[route.index].count
      guard state.lifecycle.phase == .running, count < Self.largestIdleCount, idle.lane === route.placement.lane else {
        return false
      }
      state.idleTasks[route.index].append(idle)
      return true
    }
    if !isKept { idle.continuation.resume(returning: nil) }
  }

  /// A call has let go of its C object.
  func callReleased() { handleEvent { $0.callReleased() } }

  private func handleEvent(_ event: (inout ServerLifecycle) -> ServerLifecycle.Action) {
    let handle = state.withLock { state -> ServerHandle? in
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
    // Nobody else has the handle now. With it goes the hold on the queue, whose threads end and signal that they did.
    handle.destroy()
  }
}
