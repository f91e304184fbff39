import CGRPC

/// Puts tags into a completion queue from outside.
///
/// C-core has no function for that, but an empty batch is done at once, and that on any call: this one belongs to a lame
/// channel and never leaves the process.
final class QueueWaker: @unchecked Sendable {
  // Unchecked, because of the handles: the channel is thread-safe, and the call is used under the lock.

  private let channel: OpaquePointer
  private let call: OpaquePointer
  private let lock = Locked(())

  init(queue: OpaquePointer) {
    guard
      let channel = grpc_lame_client_channel_create("waker", GRPC_STATUS_UNAVAILABLE, "not for calls"),
      let call = grpc_channel_create_call(
        channel,
        nil,
        cgrpc_propagate_defaults,
        queue,
        grpc_slice_from_static_string("/waker"),
        nil,
        gpr_timespec(timeout: nil),
        nil
      )
    else { preconditionFailure("C-core cannot create a lame channel") }
    self.channel = channel
    self.call = call
  }

  deinit {
    grpc_call_unref(call)
    grpc_channel_destroy(channel)
  }

  func post(_ operation: Operation) {
    let tag = operation.tag()
    let failure = lock.withLock { _ in grpc_call_start_batch(call, nil, 0, tag, nil) }
    precondition(failure == GRPC_CALL_OK, "an empty batch is always taken")
  }
}
