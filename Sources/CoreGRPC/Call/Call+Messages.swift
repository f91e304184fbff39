import CGRPC
import Synchronization

/// The messages of a call between its first batch and its last.
extension Call {
  /// Sends a message, and waits until flow control has let it pass; cancelling the task cancels the call, and still
  /// waits.
  ///
  /// This does not wait for a server's message that is deferred (see ``SendDeferral``): to wait and to resume takes a
  /// task longer than many a message. The next message waits for it.
  ///
  /// - Returns: Whether the message was sent or deferred; `false` when the call is over.
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
        startDeferredMessage()
        _ = await ended(.sendMessage)
      }
    }
  }

  /// Receives a message, if there is another one, and waits for it; cancelling the task cancels the call, and still
  /// waits.
  ///
  /// Balance it with one ``endReceiving()`` when the message has been taken: no other task can receive until then.
  ///
  /// - Returns: The event's success flag.
  /// - Throws: ``RPCError``, when the call cannot receive a message now, because another task does.
  nonisolated(nonsending) func receiveMessage() async throws(RPCError) -> Bool {
    // The places of the message and of the waiter in memory belong to one task at a time.
    guard !isReceiving.exchange(true, ordering: .acquiring) else { throw RPCError(concurrentReceiveOn: role) }
    if Task.isCancelled { cancel() }
    let start: MessageStart
    do throws(RPCError) {
      start = try startToReceive()
    } catch {
      endReceiving()
      throw error
    }
    if case .done(let succeeded) = start { return succeeded }
    return await ended(.receiveMessage)
  }

  /// Allows other tasks to receive.
  func endReceiving() { isReceiving.store(false, ordering: .releasing) }

  /// Whether a task receives a message, or has not taken it yet.
  var isReceivingMessage: Bool { isReceiving.load(ordering: .relaxed) }

  /// The state of a message that a task wants to send or to receive.
  private enum MessageStart {
    case done(succeeded: Bool)
    case underWay
    /// The message can be sent after another one.
    case afterAnother
  }

  private func startToSend(_ message: inout MessageBuffer?, flags: UInt32) throws(RPCError) -> MessageStart {
    let thread = role == .server && sends.defers ? Poller.current : nil
    return try state.withLock { state throws(RPCError) in
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(.sendMessage)
      } catch .busy {
        return .afterAnother
      } catch {
        throw failure(of: error, state)
      }
      guard let message = message.take() else { preconditionFailure("the message has been sent already") }
      unsafe memory.keepSentMessage(message.relinquish())
      countSentMessage()
      if let thread, !state.isDeferred, thread.defer(self) {
        state.isDeferred = true
        state.messages.sending.defer(flags: flags)
        return .done(succeeded: true)
      }
      state.messages.sending.start()
      return try startToSend(flags: flags, &state)
    }
  }

  private func startToSend(flags: UInt32, _ state: inout State) throws(RPCError) -> MessageStart {
    let sender = state.messages.sender ?? MessageOperation(.sendMessage, of: self)
    state.messages.sender = sender
    return try unsafe start(sender, memory.sendMessageOperation(flags: flags), &state)
  }

  private func startToReceive() throws(RPCError) -> MessageStart {
    try state.withLock { state throws(RPCError) in
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(.receiveMessage)
      } catch {
        throw failure(of: error, state)
      }
      let receiver = state.messages.receiver ?? MessageOperation(.receiveMessage, of: self)
      state.messages.receiver = receiver
      state.messages.receiving.start()
      return try unsafe start(receiver, memory.receiveMessageOperation(), &state)
    }
  }

  private func start(
    _ message: MessageOperation,
    _ operation: consuming grpc_op,
    _ state: inout State
  ) throws(RPCError) -> MessageStart {
    let tag = unsafe message.tag()
    message.begin()
    let (failure, succeeded) = Poller.start(message) {
      unsafe withUnsafePointer(to: operation) { unsafe grpc_call_start_batch(handle, $0, 1, tag, nil) }
    }
    if failure == GRPC_CALL_OK, succeeded == nil { return .underWay }
    // The caller holds this object.
    message.end()
    guard failure == GRPC_CALL_OK, let succeeded else {
      throw unsafe recordRefusal(failure, message.operations, tag, &state)
    }
    _ = unsafe endMessage(message.operations, succeeded: succeeded, &state)
    return .done(succeeded: succeeded)
  }

  /// Returns the error of a message that the state machine refuses: the call's first failure, if there was one.
  private func failure(of refusal: CallStateMachine.Refusal, _ state: State) -> RPCError {
    state.failure as? RPCError ?? RPCError(refusal: refusal)
  }

  /// Starts the deferred message, if there is one.
  private func startDeferredMessage() { release(state.withLock { startDeferredMessage(&$0) }) }

  /// Starts the deferred message, if there is one, with the lock.
  ///
  /// - Returns: The queue to release.
  func startDeferredMessage(_ state: inout State) -> CompletionQueue? {
    guard let flags = state.messages.sending.startDeferred() else { return nil }
    do throws(RPCError) {
      // No task waits for it: the next message reports the end of the call.
      _ = try startToSend(flags: flags, &state)
    } catch {
      // No tag will come. A task that sends the next message begins to wait under the lock, so none waits yet.
      _ = unsafe state.messages.sending.end(succeeded: false)
      _ = state.machine.close()
    }
    return state.machine.isReleased ? state.queue.take() : nil
  }

  /// Waits for the message that is under way.
  private nonisolated(nonsending) func ended(_ operations: CallOperations) async -> Bool {
    if role == .server { Poller.expectStream() }
    if isCancelledWithCurrentTask {
      return unsafe await withUnsafeContinuation { unsafe resume($0, after: operations) }
    }
    return await withTaskCancellationHandler {
      unsafe await withUnsafeContinuation { unsafe resume($0, after: operations) }
    } onCancel: {
      cancel()
    }
  }

  private func resume(_ continuation: UnsafeContinuation<Bool, Never>, after operations: CallOperations) {
    // Resumed exactly once: here, or when the message has ended.
    let succeeded = state.withLock { state in
      unsafe operations == .sendMessage
        ? state.messages.sending.wait(continuation) : state.messages.receiving.wait(continuation)
    }
    if let succeeded { unsafe continuation.resume(returning: succeeded) }
  }

  /// Handles the tag of a message.
  func messageEnded(_ operations: CallOperations, succeeded: Bool) {
    let (released, waiter) = unsafe state.withLock { state in
      let (isReleased, waiter) = unsafe endMessage(operations, succeeded: succeeded, &state)
      return unsafe (isReleased ? state.queue.take() : nil, waiter)
    }
    if let waiter = unsafe waiter { resuming { unsafe waiter.resume(returning: succeeded) } }
    release(released)
  }

  private func endMessage(
    _ operations: CallOperations,
    succeeded: Bool,
    _ state: inout State
  ) -> (isReleased: Bool, waiter: UnsafeContinuation<Bool, Never>?) {
    collect(operations, &state)
    let waiter =
      unsafe operations == .sendMessage
      ? state.messages.sending.end(succeeded: succeeded) : state.messages.receiving.end(succeeded: succeeded)
    return unsafe (state.machine.finish(operations), waiter)
  }
}

extension RPCError {
  /// Creates the error of a task that receives from a stream while another one does: a mistake of the program.
  ///
  /// The client of a server that makes it learns no more than that.
  fileprivate init(concurrentReceiveOn role: CallRole) {
    self.init(
      code: role == .server ? .internalError : .failedPrecondition,
      message: "another task receives from this stream: only one at a time may iterate over its messages"
    )
  }
}
