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
  /// The channel tries again while connecting fails. Use `timeout`, or cancel the task, to end that.
  ///
  /// - Parameter timeout: The longest time to wait. Defaults to `nil`: no limit.
  /// - Throws: ``RPCError``: ``RPCError/Code/deadlineExceeded`` when the time is over, ``RPCError/Code/unavailable``
  ///   when the channel is closed, ``RPCError/Code/cancelled`` when the task is cancelled.
  public func connect(timeout: Duration? = nil) async throws(RPCError) {
    let deadline = timeout.map { ContinuousClock.Instant.after($0) }
    while true {
      if Task.isCancelled { throw RPCError.cancelledTask.comingOutOfChannel() }
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

  /// Tries to connect again immediately, instead of after the pause that follows a failure.
  public func resetConnectBackoff() { try? openHandle().resetConnectBackoff() }

  /// Waits until the state differs from `last`.
  ///
  /// - Returns: The state; `nil` when the task is cancelled.
  func state(after last: ConnectivityState?) async -> ConnectivityState? {
    while !Task.isCancelled {
      let state = connectivityState
      if state != last { return state }
      await waitForChange(from: state, until: nil)
    }
    return nil
  }

  /// Waits for a possible change of the state, after which the caller looks again.
  ///
  /// The wait ends when the state differs from `last`, the channel is closed, `deadline` has come, some seconds have
  /// passed, or the task is cancelled.
  private func waitForChange(from last: ConnectivityState, until deadline: ContinuousClock.Instant?) async {
    let changed = Promise<Void>()
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
