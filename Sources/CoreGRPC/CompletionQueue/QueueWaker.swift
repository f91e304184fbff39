import CGRPC

/// A source of tags for a completion queue from outside of C-core.
///
/// C-core has no function for that, but an empty batch on any call is done immediately. This call belongs to a lame
/// channel and never leaves the process.
@safe final class QueueWaker: @unchecked Sendable {
  // Unchecked, because of the handles: the channel is thread-safe, and the call is used under the lock.

  /// The target of the channel, which channelz lists: no program's channel can have the same.
  static let target = "coregrpc:internal waker"

  private let channel: OpaquePointer
  private let call: OpaquePointer
  private let lock = ContendedLock(())

  init(queue: OpaquePointer) {
    guard
      let channel = unsafe grpc_lame_client_channel_create(Self.target, GRPC_STATUS_UNAVAILABLE, "not for calls"),
      let call = unsafe grpc_channel_create_call(
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
    unsafe self.channel = channel
    unsafe self.call = call
  }

  deinit {
    unsafe grpc_call_unref(call)
    unsafe grpc_channel_destroy(channel)
  }

  func post(_ operation: Operation) {
    let tag = unsafe operation.tag()
    let failure = lock.withLock { _ in unsafe grpc_call_start_batch(call, nil, 0, tag, nil) }
    precondition(failure == GRPC_CALL_OK, "an empty batch is always taken")
  }
}
