import CGRPC

/// The batch that ends a call.
extension Call {
  /// Starts a batch that is the call's last: the call closes when it is done.
  ///
  /// A poller may defer it, see ``SendDeferral``.
  ///
  /// - Throws: ``RPCError``, when the metadata is illegal or does not fit, or the call cannot take the batch.
  func end(with batch: consuming Batch) throws(RPCError) { try unsafe end(with: batch, resuming: nil) }

  private func end(
    with batch: consuming Batch,
    resuming waiter: UnsafeContinuation<RPCError?, Never>?
  ) throws(RPCError) {
    var batch = batch
    try prepareHeaders(of: &batch)
    let thread = sends.defers ? Poller.current : nil
    let outcome = state.withLock { state -> Result<LastStart?, RPCError> in
      batch.resolve(after: state.machine.started)
      let operations = batch.operations
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(operations)
      } catch {
        return .failure(RPCError(refusal: error))
      }
      state.last.operations = operations
      state.last.count = unsafe memory.fill(memory.lastOperations, with: &batch, role: role)
      if operations.contains(.sendMessage) { countSentMessage() }
      unsafe state.last.waiter = waiter
      if state.isDeferred || thread?.defer(self) == true {
        state.isDeferred = true
        state.last.isDeferred = true
        return .success(nil)
      }
      return .success(startLast(&state, carrying: nil))
    }
    if let started = try outcome.get() { respond(to: started) }
  }

  /// Starts a batch that is the call's last and waits until it is done; cancelling the task cancels the call, and still
  /// waits.
  nonisolated(nonsending) func endAndWait(with batch: consuming Batch) async throws(RPCError) {
    var batch: Batch? = consume batch
    let refusal = await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { continuation in
        guard let batch = batch.take() else { preconditionFailure("the batch has been started already") }
        do throws(RPCError) {
          // Resumed exactly once: when the batch is done, or below when it did not start.
          try unsafe end(with: batch, resuming: continuation)
        } catch {
          unsafe continuation.resume(returning: error)
        }
      }
    } onCancel: {
      cancel()
    }
    if let refusal { throw refusal }
  }

  /// The result of the start of the last batch.
  @safe private enum LastStart {
    // Safe, because the continuation has been taken out of the state, and one place resumes it.

    case started
    case done(succeeded: Bool)
    case refused(RPCError, waiter: UnsafeContinuation<RPCError?, Never>?)
  }

  /// Starts the last batch, with the lock.
  private func startLast(_ state: inout State, carrying coalescer: SendCoalescer?) -> LastStart {
    let tag = unsafe tag()
    if let outstandingCalls, outstandingCalls.add(self) { state.queue?.post(CallbackOperation {}) }
    let (failure, succeeded) = Poller.start(self) {
      if let coalescer, state.last.operations.contains(.sendMessage) {
        return unsafe startLastInParts(count: state.last.count, tag, carrying: coalescer)
      }
      return unsafe grpc_call_start_batch(handle, memory.lastOperations, state.last.count, tag, nil)
    }
    guard failure == GRPC_CALL_OK else { return unsafe lastRefused(failure, tag, &state) }
    return succeeded.map { .done(succeeded: $0) } ?? .started
  }

  /// Starts the last batch in parts, with a coalescer's slice in its message.
  private func startLastInParts(
    count: Int,
    _ tag: UnsafeMutableRawPointer,
    carrying coalescer: SendCoalescer
  ) -> grpc_call_error {
    let slice = unsafe coalescer.slice()
    guard unsafe memory.prependToSentMessage(slice) else {
      // Releasing the slice starts the followers.
      unsafe grpc_slice_unref(slice)
      return unsafe grpc_call_start_batch(handle, memory.lastOperations, count, tag, nil)
    }
    return unsafe memory.startLastOperationsInParts(count: count) { operations, count, isLast in
      let partTag = unsafe isLast ? tag : coalescer.tag()
      let failure = unsafe grpc_call_start_batch(handle, operations, count, partTag, nil)
      if failure != GRPC_CALL_OK, !isLast { _ = unsafe Operation.take(partTag) }
      return failure
    }
  }

  private func lastRefused(
    _ failure: grpc_call_error,
    _ tag: UnsafeMutableRawPointer,
    _ state: inout State
  ) -> LastStart {
    unsafe .refused(recordRefusal(failure, state.last.operations, tag, &state), waiter: state.last.waiter.take())
  }

  /// Does the rest of the work after a start of the last batch, without the lock.
  private func respond(to start: LastStart) {
    switch start {
    case .started: break
    case .done(let succeeded): complete(succeeded: succeeded)
    case .refused(let error, let waiter):
      unsafe waiter?.resume(returning: error)
      close()
    }
  }
}

extension Call: DeferrableSend {
  var coalescingConnection: ConnectionIdentity? {
    // C-core may keep a client's data for another attempt, and with it the coalescer. C-core releases a message before
    // the last batch when it has written it, and no longer holds the connection.
    guard role == .server, sends.coalesces else { return nil }
    return state.withLock { state in
      state.last.isDeferred && !state.messages.sending.isDeferred ? connection(state) : nil
    }
  }

  var canLead: Bool { state.withLock { $0.last.isDeferred && $0.last.operations.contains(.sendMessage) } }

  func startDeferred() { startDeferred(carrying: nil) }

  func startDeferred(leading followers: SendCoalescer) { startDeferred(carrying: followers) }

  /// Starts the message and the last batch, as far as they are deferred.
  ///
  /// - Parameter coalescer: Starts other calls' last batches, within this call's.
  private func startDeferred(carrying coalescer: SendCoalescer?) {
    let (start, released) = state.withLock { startDeferred(&$0, carrying: coalescer) }
    respond(to: start)
    release(released)
  }

  /// Starts the message and the last batch, as far as they are deferred, with the lock.
  private func startDeferred(
    _ state: inout State,
    carrying coalescer: SendCoalescer?
  ) -> (LastStart, CompletionQueue?) {
    let released = startDeferredMessage(&state)
    state.isDeferred = false
    return (state.last.undefer() ? startLast(&state, carrying: coalescer) : .started, released)
  }

  func startDeferredUnlessBusy() {
    // A thread that C-core keeps while it starts this call has the call's lock.
    guard let (start, released) = state.withLockIfAvailable({ startDeferred(&$0, carrying: nil) }) else { return }
    respond(to: start)
    release(released)
  }

  func startWithinCore() -> (@Sendable () -> Void)? {
    // This thread may have this call's lock, or another lock for which the holder of this call's lock waits: so it must
    // not wait.
    let start = state.withLockIfAvailable { state -> LastStart in
      // The call has a connection to coalesce on, so its last batch is deferred, and no message is.
      guard state.last.undefer() else { return .started }
      state.isDeferred = false
      let tag = unsafe tag()
      let failure = unsafe grpc_call_start_batch(handle, memory.lastOperations, state.last.count, tag, nil)
      return unsafe failure == GRPC_CALL_OK ? .started : lastRefused(failure, tag, &state)
    }
    switch start {
    case .started?, .done?: return nil
    case .refused(let error, let waiter)?: return { unsafe self.respond(to: .refused(error, waiter: waiter)) }
    case nil: return { self.startDeferred() }
    }
  }
}
