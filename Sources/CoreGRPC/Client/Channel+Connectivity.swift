extension Channel {
  /// The state of the connection now.
  ///
  /// Asking does not connect.
  public var connectivityState: ConnectivityState {
    guard let handle = try? openHandle() else { return .shutdown }
    return handle.connectivityState(connecting: false)
  }

  /// The state of the connection now, and each one that it changes to.
  public var connectivityStates: ConnectivityStates { ConnectivityStates(channel: self) }

  /// Connects, and returns when there is a connection.
  ///
  /// While connecting fails it is tried again: use `timeout`, or cancel the task.
  ///
  /// - Parameter timeout: How long to wait; `nil` for as long as it takes.
  /// - Throws: ``RPCError``: ``RPCError/Code/deadlineExceeded`` when the time is over, ``RPCError/Code/unavailable`` when
  ///   the channel is closed, ``RPCError/Code/cancelled`` when the task is cancelled.
  public func connect(timeout: Duration? = nil) async throws(RPCError) {
    let deadline = timeout.map { ContinuousClock.Instant.after($0) }
    while true {
      if Task.isCancelled { throw RPCError(code: .cancelled, message: "the task was cancelled").comingOutOfChannel() }
      let state = try openHandle().connectivityState(connecting: true)
      switch state {
      case .ready: return
      case .shutdown:
        let message = "the server of this in-process channel has stopped"
        throw RPCError(code: .unavailable, message: message).comingOutOfChannel()
      case .idle, .connecting, .transientFailure: break
      }
      if let deadline, deadline <= .now {
        throw RPCError(code: .deadlineExceeded, message: "there is no connection to \(target) yet").comingOutOfChannel()
      }
      await waitForChange(from: state, until: deadline)
    }
  }

  /// Tries to connect again at once, rather than when the pause after a failure is over.
  public func resetConnectBackoff() { try? openHandle().resetConnectBackoff() }

  /// Waits for another state than `last`.
  ///
  /// - Returns: `nil` when the task is cancelled.
  func state(after last: ConnectivityState?) async -> ConnectivityState? {
    while !Task.isCancelled {
      let state = connectivityState
      if state != last { return state }
      await waitForChange(from: state, until: nil)
    }
    return nil
  }

  /// Waits until the state is another one than `last`, or the channel is closed, or `deadline` has come, or some seconds have
  /// passed, or the task is cancelled: look again.
  private func waitForChange(from last: ConnectivityState, until deadline: ContinuousClock.Instant?) async {
    let changed = OneShot<Void>()
    closing.add(changed)
    defer { closing.remove(changed) }
    // The handle itself is not kept while the task waits.
    guard let forget = try? openHandle().watch(from: last, until: deadline, changed) else { return }
    defer { forget() }
    await withTaskCancellationHandler {
      await changed.value()
    } onCancel: {
      changed.fulfil(())
    }
  }
}
