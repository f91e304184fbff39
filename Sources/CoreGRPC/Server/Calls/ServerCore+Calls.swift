import Synchronization

/// The path of a call from its slot to its handler's task, and the reuse of the task.
extension ServerCore {
  /// The number of slots posted for incoming calls of each method, and of unknown methods.
  ///
  /// Each slot is posted again before its call is served, so two suffice. C-core's cost for a call grows with their
  /// number: Debian's build looks for an event's tag among all outstanding tags.
  static let slots = 2

  /// The largest numbers of a method's tasks that wait for calls, on the polling threads and in a lane.
  ///
  /// Further tasks end. A lane serves hundreds of calls at a time, which tend to end at the same time, too.
  private static let largestIdleCount = (onPollers: 64, inLane: 256)

  /// The server's decision about a call that arrived.
  struct Arrival {
    var admission: ServerLifecycle.Admission
    /// Whether the server has ended the calls in progress.
    var isLate: Bool
    /// Whether to post the slot again.
    var postsSlot = false
    /// An idle task of the method.
    var idle: HandlerTask?
    /// The number of calls that have not been released, this one among them.
    var callCount = 0
  }

  /// Posts a slot for calls of a method, or for those of unknown methods.
  func postSlot(for method: (route: Route, registered: RegisteredMethod)?) {
    guard let handle = state.withLock({ $0.handle }) else { return }
    let route = method?.route
    // The slot keeps the handle, which is destroyed when all slots have come back.
    let slot = handle.makeSlot(for: method?.registered) { [self] slot, hasCall in
      guard hasCall else { return handleEvent { $0.slotReturned() } }
      let path = route == nil ? slot.path : ""
      let isFollowed = route?.isFollowed ?? (observerOfUnknownMethods != nil)
      let measurement = isFollowed ? CallMeasurement(unknownPath: path) : nil
      let call = ServerCall(takenFrom: slot, route: route, core: self, measurement: measurement)
      // Before `keepDeadline`, from which on another thread can end the call.
      if isFollowed { observer(of: route)?.callStarted() }
      let arrival = state.withLock { $0.callArrived(call, route) }
      call.keepDeadline()
      // Before anything else, so that the next call need not wait.
      if arrival.postsSlot, !handle.post(slot) { handleEvent { $0.slotReturned() } }
      if let cancellations {
        call.count(by: cancellations, isCrowded: arrival.callCount > cancellations.largestStreamCount)
      }
      guard arrival.admission == .serve else {
        let status = Status(code: .resourceExhausted, message: refusal(of: route))
        report(.tooManyCalls, call: call, path: route?.descriptor.path ?? path, status: status)
        return call.refuse(with: status)
      }
      guard let route else {
        let (reason, status) = refusalOfUnknownMethod(call, path: path)
        report(reason, call: call, path: path, status: status)
        call.refuse(with: status)
        return handlerEnded()
      }
      if arrival.isLate {
        report(.serverShutdown, call: call, path: route.descriptor.path, status: Self.shutdownStatus)
        call.refuse(with: Self.shutdownStatus)
        return handlerEnded(of: route.essential)
      }
      serve(call, of: route, in: arrival.idle)
    }
    post(slot)
  }

  /// Returns the observer of a method's calls, or of those of unknown methods; `nil` without any.
  func observer(of route: Route?) -> JoinedServerCallObservers? {
    guard let route else { return observerOfUnknownMethods }
    return route.observer
  }

  private func post(_ slot: CallSlot) {
    let handle = state.withLock { $0.lifecycle.postSlot() ? $0.handle : nil }
    guard let handle else { return }
    if !handle.post(slot) { handleEvent { $0.slotReturned() } }
  }

  /// Returns the reason and the status for a call of a method that the server does not have.
  ///
  /// A caller that the policy denies does not learn which methods there are.
  private func refusalOfUnknownMethod(
    _ call: ServerCall,
    path: String
  ) -> (reason: RefusedCall.Reason, status: Status) {
    if let authorization {
      if let error = call.excessiveMetadata { return (.metadataTooLarge, Status(error)) }
      if let denial = authorization.denial(of: call, path: path) { return (.unauthorized, Status(denial)) }
    }
    return (.unknownMethod, Status(code: .unimplemented, message: "this server has no method \(path)"))
  }

  /// The message for a call that exceeds a bound.
  ///
  /// The policy is not asked about it, and callers that it denies do not learn which methods there are.
  private func refusal(of route: Route?) -> String {
    guard authorization == nil else { return "too many concurrent calls" }
    guard let route, let essential = route.essential else {
      return "too many concurrent calls (limit \(maxConcurrentCalls))"
    }
    return "too many concurrent calls of \(route.descriptor) (limit \(essential.maxConcurrentCalls))"
  }

  /// Tells the program of a call that reaches no handler.
  ///
  /// Called before the call ends, so that its peer is known.
  func report(_ reason: RefusedCall.Reason, call: ServerCall, path: String, status: Status) {
    call.measurement?.refusal = reason
    refusals.report(executor: executor, reason: reason) {
      RefusedCall(reason: reason, path: path, remotePeer: call.peer ?? "", status: status)
    }
  }

  /// Runs the work of a handler's task from its first call to its last.
  func runHandlerTask(_ body: @Sendable @escaping () async -> Void) async {
    await shutdownSignal.runTask(on: executor, body)
  }

  /// The executor of a method's handlers; `nil` for Swift's pool.
  func executor(of route: Route) -> (any TaskExecutor)? {
    runsOnPollers(route) ? placements[route.index].handlers : executor
  }

  /// Whether the handlers of a method run on polling threads, or in its lane.
  private func runsOnPollers(_ route: Route) -> Bool { pollers != nil || route.staysOnPollers }

  /// The executor of the code for a method's cancelled calls; `nil` for Swift's pool.
  func cancellationExecutor(of route: Route?) -> (any TaskExecutor)? {
    guard let route, runsOnPollers(route) else { return executor }
    return placements[route.index].cancellations
  }

  private func serve(_ call: ServerCall, of route: Route, in idle: HandlerTask?) {
    var staysOnThread = false
    if runsOnPollers(route) {
      let placement = placements[route.index].handlers
      placement.leavePollersWithoutReserve()
      staysOnThread = placement.lane == nil
    }
    if !staysOnThread { call.watch() }
    if let error = call.excessiveMetadata {
      call.refuse(.metadataTooLarge, with: error)
    } else if let authorization, let denial = authorization.denial(of: call, path: route.descriptor.path) {
      call.refuse(.unauthorized, with: denial)
    } else if call.lacksMessage {
      call.endWithoutMessage()
    } else if call.hasSecondMessage(inspecting: route) {
      call.refuseSecondMessage(isHandled: false)
    } else if call.begin(in: idle) {
      if staysOnThread { Poller.current?.append(call) }
      return
    }
    if let idle { handlerEnded(idle) } else { handlerEnded(of: route.essential) }
  }

  /// Notes that a handler has ended, or will never start.
  ///
  /// - Parameter method: Its method, if it is essential.
  func handlerEnded(of method: EssentialMethod? = nil) { state.withLock { $0.lifecycle.handlerEnded(of: method) } }

  /// Notes that a handler has ended, or will never start, and keeps or ends its task, which is idle.
  func handlerEnded(_ idle: HandlerTask) {
    let route = idle.route
    let isKept = state.withLock { state in
      state.lifecycle.handlerEnded(of: route.essential)
      let count = state.idleTasks[route.index].count
      let isInLane = placements[route.index].handlers.lane != nil
      let limit = isInLane ? Self.largestIdleCount.inLane : Self.largestIdleCount.onPollers
      guard state.lifecycle.phase == .running, count < limit else { return false }
      state.idleTasks[route.index].append(idle)
      return true
    }
    if !isKept { idle.resume(serving: nil) }
  }

  /// Notes that a call has released its C object.
  func released(_ call: ServerCall) { handleEvent({ $0.callReleased(of: call.essentialMethod) }, ofReleased: call) }
}

extension ServerCore.State {
  /// Registers a call that arrived in a slot.
  mutating func callArrived(_ call: ServerCall, _ route: Route?) -> ServerCore.Arrival {
    liveCalls.insert(call)
    var arrival = ServerCore.Arrival(admission: lifecycle.callArrived(of: route?.essential), isLate: closingTime != nil)
    arrival.callCount = lifecycle.calls + lifecycle.essentialCalls
    if lifecycle.phase == .draining { lateCallCount += 1 }
    arrival.postsSlot = lifecycle.postSlot()
    let action = lifecycle.slotReturned()
    assert(action == .none, "a call keeps its server")
    // A task that is taken must serve the call: it waits for one.
    if let route, arrival.admission == .serve, !arrival.isLate { arrival.idle = idleTasks[route.index].popLast() }
    return arrival
  }
}

extension AuthorizationPolicyProvider {
  /// Returns the error of a call that the policy denies; `nil` for a call that it allows.
  ///
  /// Called on the thread that polls, before anything else sees the call.
  fileprivate func denial(of call: ServerCall, path: String) -> RPCError? {
    denial(forPath: path, metadata: call.metadata, remotePeer: call.peer, peer: call.authorizationPeer)
  }
}
