/// The shutdown of a server: no more calls, a grace period, the end of the calls that are left, and that of their
/// connections.
extension ServerCore {
  /// The longest times that a server that ends its calls waits: for the calls, and then for the connections.
  private static let longestEndTime = (calls: Duration.seconds(1), connections: Duration.milliseconds(100))

  /// The time that a server waits for C-core to close connections.
  private static let longestCloseTime = Duration.milliseconds(200)

  /// Stops immediately: cancels the calls in progress.
  func stop() { beginShutdown(gracePeriod: .zero) }

  func beginShutdown(gracePeriod: Duration?) {
    let (action, wasStarted) = state.withLock { state in
      let wasStarted = state.lifecycle.phase == .running
      return (state.lifecycle.beginShutdown(), wasStarted)
    }
    if action == .shutDown {
      shutdownBegun.happen()
      connections.stayOpen()
      // Also releases routes that were never served. Without the lock, because this may release objects that a
      // program's handlers capture.
      let (idleTasks, _) = state.withLock { state in
        defer {
          for index in state.idleTasks.indices { state.idleTasks[index] = [] }
          state.routes = []
        }
        return (state.idleTasks.joined(), state.routes)
      }
      for idle in idleTasks { idle.resume(serving: nil) }
      guard let handle = state.withLock({ $0.handle }) else { return }
      let isSpawned = Thread.spawn(name: "grpc-shutdown") { [self] in
        noteConnections()
        if wasStarted, handle.canDrain { drain(handle) }
        shutDown(handle)
        while let rest = endGracePeriodIfDue() { shutdownWakeUp.wait(atMost: rest) }
      }
      if !isSpawned {
        // Without a thread, this thread may have to wait a little, and a task on Swift's pool waits for the grace
        // period.
        shutDown(handle)
        Task { [self] in
          while let rest = endGracePeriodIfDue() { try? await Task.sleep(for: min(rest, .milliseconds(100))) }
        }
      }
    }
    guard let gracePeriod else { return }
    let graceEnd = ContinuousClock.Instant.after(gracePeriod)
    state.withLock { $0.graceEnd = Deadline(min($0.graceEnd?.instant ?? graceEnd, graceEnd)) }
    shutdownWakeUp.signal()
  }

  /// Shuts C-core's server down, on a thread that may block.
  private func shutDown(_ handle: ServerHandle) {
    handleEvent { $0.close() }
    handle.shutDown { [self] in handleEvent { $0.shutdownCompleted() } }
    handleEvent { $0.shutdownReturned() }
  }

  /// Cancels the calls when the grace period is over.
  ///
  /// - Returns: The time to wait before the next call of this function; `nil` when nothing is left to do.
  private func endGracePeriodIfDue() -> Duration? {
    let (graceEnd, isDestroyed) = state.withLock { ($0.graceEnd?.instant, $0.lifecycle.phase == .destroyed) }
    if isDestroyed { return nil }
    // A day stands for any longer time.
    let rest = min(graceEnd.map { $0 - .now } ?? .seconds(86_400), .seconds(86_400))
    if rest > .zero { return rest }
    if !endCalls() { return .milliseconds(1) }
    return closeConnections()
  }

  /// Makes C-core close the connections that are left, and then ends those that it cannot close.
  ///
  /// - Returns: The time to wait before the next call of this function; `nil` when nothing is left to do.
  private func closeConnections() -> Duration? {
    let cuttingTime = state.withLock { state in
      defer { if state.cuttingTime == nil { state.cuttingTime = Deadline(.now + Self.longestCloseTime) } }
      return state.cuttingTime?.instant
    }
    guard let cuttingTime else {
      handleEvent { $0.gracePeriodEnded() }
      return Self.longestCloseTime
    }
    let rest = cuttingTime - .now
    if rest > .zero { return rest }
    state.withLock { $0.connections }?.shutDown()
    return nil
  }

  private func noteConnections() {
    if sharesPorts { return }
    let connections = AcceptedConnections(from: findListeningSockets())
    state.withLock { $0.connections = connections }
  }

  /// Ends the calls in progress, each once, and then waits a moment for the connections.
  ///
  /// C-core closes a connection when everything has been sent on it. If a connection is closed while data of the client
  /// is on its way, the client loses the data that it has not read.
  ///
  /// - Returns: Whether the connections that are left may be closed now. That also ends calls that no slot has taken.
  private func endCalls() -> Bool {
    let (isOver, calls) = state.withLock { state -> (Bool, [ServerCall]) in
      let now = ContinuousClock.now
      guard let closingTime = state.closingTime?.instant else {
        state.closingTime = Deadline(now + Self.longestEndTime.calls)
        return (false, state.liveCalls.calls)
      }
      if state.liveCalls.calls.isEmpty {
        if state.handle?.hasOpenConnections != true { return (true, []) }
        state.closingTime = Deadline(min(closingTime, now + Self.longestEndTime.connections))
      }
      return (now >= closingTime, [])
    }
    let sending = calls.map(\.isSending)
    for isSending in [true, false] {
      for (call, state) in zip(calls, sending) where state == isSending { call.interrupt(with: Self.shutdownStatus) }
    }
    return isOver
  }

  /// Waits until the clients send no more calls.
  ///
  /// C-core closes a connection without a call in progress when its client has answered the GOAWAY.
  private func drain(_ handle: ServerHandle) {
    var wait = DrainWait()
    func rest() -> Duration {
      let (callCount, graceEnd) = state.withLock { ($0.lateCallCount, $0.graceEnd?.instant) }
      return wait.rest(callCount: callCount, graceEnd: graceEnd)
    }
    if rest() <= .zero { return }
    handle.beginDrain(closing: findListeningSockets())
    while handle.hasOpenConnections {
      let rest = rest()
      if rest <= .zero { return }
      shutdownWakeUp.wait(atMost: min(rest, .milliseconds(5)))
    }
  }

  /// Whether the calls that were in progress are cancelled, or about to be.
  var hasGracePeriodEnded: Bool { state.withLock { $0.graceEnd }?.isOver ?? false }
}
