import CGRPC

/// The messages of a call between its first batch and its last.
extension Call {
  /// Sends a message, and waits until flow control has let it pass; cancelling the task cancels the call, and still waits.
  ///
  /// A server's message that is held back (see ``HoldingBack``) is not waited for: a task that waits and goes on takes longer than
  /// many a message. The next one waits for it.
  ///
  /// - Returns: Whether it did: not when the call is over.
  /// - Throws: ``RPCError``, when the call cannot send one now.
  nonisolated(nonsending) func sendMessage(
    _ message: consuming MessageBuffer,
    options: WriteOptions
  ) async throws(RPCError) -> Bool {
    if Task.isCancelled { cancel() }
    var message: MessageBuffer? = consume message
    while true {
      switch try startToSend(&message, flags: options.flags) {
      case .done(let succeeded): return succeeded
      case .underWay: return await ended(.sendMessage)
      case .afterAnother:
        startHeldMessage()
        _ = await ended(.sendMessage)
      }
    }
  }

  /// Receives a message, if there is another one, and waits for it; cancelling the task cancels the call, and still waits.
  ///
  /// - Returns: The event's success flag.
  /// - Throws: ``RPCError``, when the call cannot receive one now.
  nonisolated(nonsending) func receiveMessage() async throws(RPCError) -> Bool {
    if Task.isCancelled { cancel() }
    if case .done(let succeeded) = try startToReceive() { return succeeded }
    return await ended(.receiveMessage)
  }

  /// What has become of a message so far.
  private enum MessageStart {
    case done(succeeded: Bool)
    case underWay
    /// It can be sent when another one has been.
    case afterAnother
  }

  private func startToSend(_ message: inout MessageBuffer?, flags: UInt32) throws(RPCError) -> MessageStart {
    let thread = role == .server ? PollerThread.current : nil
    return try state.withLock { state throws(RPCError) in
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(.sendMessage)
      } catch .busy {
        return .afterAnother
      } catch {
        throw RPCError(refusal: error)
      }
      guard let message = message.take() else { preconditionFailure("a message is sent once") }
      memory.keepSentMessage(message.relinquish())
      if let thread, !state.isAmongHeldBack, thread.hold(self) {
        state.isAmongHeldBack = true
        state.sending.hold(flags: flags)
        return .done(succeeded: true)
      }
      state.sending.start()
      return try startToSend(flags: flags, &state)
    }
  }

  private func startToSend(flags: UInt32, _ state: inout State) throws(RPCError) -> MessageStart {
    let sender = state.sender ?? MessageOperation(.sendMessage, of: self)
    state.sender = sender
    return try start(sender, memory.sendMessageOperation(flags: flags), &state)
  }

  private func startToReceive() throws(RPCError) -> MessageStart {
    try state.withLock { state throws(RPCError) in
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(.receiveMessage)
      } catch {
        throw RPCError(refusal: error)
      }
      let receiver = state.receiver ?? MessageOperation(.receiveMessage, of: self)
      state.receiver = receiver
      state.receiving.start()
      return try start(receiver, memory.receiveMessageOperation(), &state)
    }
  }

  private func start(
    _ message: MessageOperation,
    _ operation: consuming grpc_op,
    _ state: inout State
  ) throws(RPCError) -> MessageStart {
    let tag = message.tag()
    message.begin()
    let (failure, succeeded) = PollerThread.start(message) {
      withUnsafePointer(to: operation) { grpc_call_start_batch(handle, $0, 1, tag, nil) }
    }
    if failure == GRPC_CALL_OK, succeeded == nil { return .underWay }
    // The caller holds this object.
    message.end()
    guard failure == GRPC_CALL_OK, let succeeded else { throw refused(failure, message.operations, tag, &state) }
    _ = endMessage(message.operations, succeeded: succeeded, &state)
    return .done(succeeded: succeeded)
  }

  /// Starts the message that is held back, if one is.
  private func startHeldMessage() { release(state.withLock { startHeldMessage(&$0) }) }

  /// Starts the message that is held back, if one is: with the lock.
  ///
  /// - Returns: What is to be released.
  func startHeldMessage(_ state: inout State) -> CompletionQueue? {
    guard let flags = state.sending.startHeld() else { return nil }
    do throws(RPCError) {
      // Nobody waits for it: the next message learns what has become of the call.
      _ = try startToSend(flags: flags, &state)
    } catch {
      _ = state.machine.close()
    }
    return state.machine.isReleased ? state.queue.take() : nil
  }

  /// Waits for the message that is under way.
  private nonisolated(nonsending) func ended(_ operations: CallOperations) async -> Bool {
    if role == .server { PollerThread.expectStream() }
    if isCancelledWithCurrentTask { return await withUnsafeContinuation { resume($0, after: operations) } }
    return await withTaskCancellationHandler {
      await withUnsafeContinuation { resume($0, after: operations) }
    } onCancel: {
      cancel()
    }
  }

  private func resume(_ continuation: UnsafeContinuation<Bool, Never>, after operations: CallOperations) {
    // Resumed exactly once: here, or when the message has ended.
    let succeeded = state.withLock { state in
      operations == .sendMessage ? state.sending.wait(continuation) : state.receiving.wait(continuation)
    }
    if let succeeded { continuation.resume(returning: succeeded) }
  }

  /// The tag of a message came.
  func messageEnded(_ operations: CallOperations, succeeded: Bool) {
    let (released, waiter) = state.withLock { state in
      let (isReleased, waiter) = endMessage(operations, succeeded: succeeded, &state)
      return (isReleased ? state.queue.take() : nil, waiter)
    }
    if let waiter { resuming { waiter.resume(returning: succeeded) } }
    release(released)
  }

  private func endMessage(
    _ operations: CallOperations,
    succeeded: Bool,
    _ state: inout State
  ) -> (isReleased: Bool, waiter: UnsafeContinuation<Bool, Never>?) {
    finish(operations, &state)
    let waiter =
      operations == .sendMessage ? state.sending.end(succeeded: succeeded) : state.receiving.end(succeeded: succeeded)
    return (state.machine.finish(operations), waiter)
  }
}
