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

  private let executor: (any TaskExecutor)?
  /// The executor, if it is that of the polling threads.
  private let pollers: PollerExecutor?
  private let workers: WorkerPool
  let placements = HandlerPlacements()
  private let state: Locked<State>
  /// Happens when a shutdown begins.
  private let shutdownBegun = OneTimeEvent()

  /// - Parameter arguments: The channel arguments of the configuration, made once: with them goes the memory quota.
  init(routes: [Route], configuration: Server.Configuration, arguments: ChannelArguments) {
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
    if state.withLock({ $0.lifecycle.beginShutdown() }) == .shutDown {
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
      let shutDown: @Sendable () -> Void = { [self] in
        handle.shutDown { [self] in handleEvent { $0.shutdownCompleted() } }
        handleEvent { $0.shutdownReturned() }
      }
      // Where no thread can be had, this one may have to wait a little.
      if !Thread.spawn(name: "grpc-shutdown", shutDown) { shutDown() }
    }
    guard let gracePeriod else { return }
    if gracePeriod <= .zero {
      handleEvent { $0.gracePeriodEnded() }
    } else {
      Task { [weak self] in
        try await Task.sleep(for: gracePeriod.bounded, clock: .continuous)
        self?.handleEvent { $0.gracePeriodEnded() }
      }
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
        return call.refuse(with: Status(code: .resourceExhausted, message: message))
      }
      guard let route else {
        call.refuse(with: Status(code: .unimplemented, message: "this server has no method \(path)"))
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
      call.refuse(with: Status(error))
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
    // Nobody else has the handle now. With it goes the hold on the queue, whose threads end and signal that they did.
    handle?.destroy()
  }
}
