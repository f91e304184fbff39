import CGRPC

extension ChannelHandle {
  /// The state now.
  ///
  /// - Parameter connecting: Whether to begin to connect if the channel is idle.
  func connectivityState(connecting: Bool) -> ConnectivityState {
    ConnectivityState(grpc_channel_check_connectivity_state(handle, connecting ? 1 : 0))
  }

  /// Waits until the state is another one than `last`, or `deadline` has come, or some seconds have passed, or the task is
  /// cancelled: look again.
  func waitForChange(from last: ConnectivityState, until deadline: ContinuousClock.Instant?) async {
    let changed = OneShot<Void>()
    // C-core cannot take a watch back. So each one is short, and a watch that nobody waits for any more soon ends.
    let longest = Duration.seconds(5)
    let timeout = deadline.map { min($0 - .now, longest) } ?? longest
    let operation = CallbackOperation { [self] in withExtendedLifetime(self) { changed.fulfil(()) } }
    grpc_channel_watch_connectivity_state(
      handle,
      last.coreState,
      gpr_timespec(timeout: timeout),
      queue.handle,
      operation.tag()
    )
    await withTaskCancellationHandler {
      await changed.value()
    } onCancel: {
      changed.fulfil(())
    }
  }

  func resetConnectBackoff() { grpc_channel_reset_connect_backoff(handle) }
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
