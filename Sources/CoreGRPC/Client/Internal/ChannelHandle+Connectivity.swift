import CGRPC

extension ChannelHandle {
  /// Returns the current state.
  ///
  /// - Parameter connecting: Whether to begin to connect if the channel is idle.
  func connectivityState(connecting: Bool) -> ConnectivityState {
    // C-core knows no state of a channel over a socket that it was given.
    if let serverShutdown { return serverShutdown.hasHappened ? .shutdown : .ready }
    return unsafe ConnectivityState(grpc_channel_check_connectivity_state(handle, connecting ? 1 : 0))
  }

  /// Fulfils `changed` when the state differs from `last`, when `deadline` has come, or when some seconds have passed.
  ///
  /// Does not keep the channel alive: when C-core's channel is destroyed, its state changes, too.
  ///
  /// - Returns: A function that forgets `changed`, to be called after the wait for it.
  func watch(
    from last: ConnectivityState,
    until deadline: ContinuousClock.Instant?,
    _ changed: Promise<Void>
  ) -> () -> Void {
    if let serverShutdown {
      serverShutdown.add(changed)
      return { serverShutdown.remove(changed) }
    }
    // C-core cannot take a watch back. So each one is short, and a watch for which no task waits any more soon ends.
    let longest = Duration.seconds(5)
    let timeout = deadline.map { min($0.timeLeft, longest) } ?? longest
    let operation = CallbackOperation { [queue] in withExtendedLifetime(queue) { changed.fulfil(()) } }
    unsafe grpc_channel_watch_connectivity_state(
      handle,
      last.coreState,
      gpr_timespec(timeout: timeout),
      queue.handle,
      operation.tag()
    )
    return {}
  }

  func resetConnectBackoff() {
    // A channel without connectivity has no backoff.
    if serverShutdown == nil { unsafe grpc_channel_reset_connect_backoff(handle) }
  }
}

extension ConnectivityState {
  fileprivate init(_ state: grpc_connectivity_state) {
    switch state {
    case GRPC_CHANNEL_IDLE: self = .idle
    case GRPC_CHANNEL_CONNECTING: self = .connecting
    case GRPC_CHANNEL_READY: self = .ready
    case GRPC_CHANNEL_TRANSIENT_FAILURE: self = .transientFailure
    default: self = .shutdown
    }
  }

  fileprivate var coreState: grpc_connectivity_state {
    switch self {
    case .idle: GRPC_CHANNEL_IDLE
    case .connecting: GRPC_CHANNEL_CONNECTING
    case .ready: GRPC_CHANNEL_READY
    case .transientFailure: GRPC_CHANNEL_TRANSIENT_FAILURE
    case .shutdown: GRPC_CHANNEL_SHUTDOWN
    }
  }
}
