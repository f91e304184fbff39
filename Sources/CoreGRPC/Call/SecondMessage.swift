import CGRPC

/// The operation that asks a unary call for a second message, which the peer should not send.
@safe final class SecondMessage: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// The state of the second message.
  enum State: Sendable {
    case notAskedFor
    case askedFor
    case received
    case none
  }

  /// The place where C-core stores the message.
  let message = UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>.allocate(capacity: 1)
  private let call: Call

  init(of call: Call) {
    self.call = call
    unsafe message.initialize(to: nil)
  }

  deinit {
    if let message = unsafe message.pointee { unsafe grpc_byte_buffer_destroy(message) }
    unsafe message.deallocate()
  }

  override func complete(succeeded: Bool) { unsafe call.secondMessageEnded(isMessage: message.pointee != nil) }
}

extension Call {
  /// Asks for another message after the first one: a client beside the last batch, a server before its handler runs.
  ///
  /// If a second message comes, the call has one too many: a client cancels the call, and a server refuses it instead
  /// of replying. If none comes, the peer has ended its stream. Until the result is known, the call is not over.
  func askForSecondMessage() {
    let done = state.withLock { state -> SecondMessage? in
      guard state.machine.isUsable, case .notAskedFor = state.secondMessage else { return nil }
      if role == .client, state.machine.inFlight.isEmpty { return nil }
      state.secondMessage = .askedFor
      let second = SecondMessage(of: self)
      let tag = unsafe second.tag()
      var operation = unsafe grpc_op()
      unsafe cgrpc_op_recv_message(&operation, second.message)
      // A batch of its own takes a slot in C-core that the call's other batches do not use, because they begin with
      // other operations.
      let (failure, succeeded) = Poller.start(second) {
        unsafe grpc_call_start_batch(handle, &operation, 1, tag, nil)
      }
      guard failure == GRPC_CALL_OK else {
        // C-core has not finished with the first message, which is unexpected. The call continues without the check.
        _ = unsafe Operation.take(tag)
        state.secondMessage = .none
        return nil
      }
      return succeeded == nil ? nil : second
    }
    done?.complete(succeeded: true)
  }

  fileprivate func secondMessageEnded(isMessage: Bool) {
    let isLastDone = state.withLock { state in
      state.secondMessage = isMessage ? .received : .none
      // A client's status may wait for further messages.
      if isMessage, role == .client, state.machine.isUsable { unsafe grpc_call_cancel(handle, nil) }
      return state.last.isDone
    }
    if isLastDone { complete(succeeded: true) }
  }

  /// Whether the call has received two messages: final on a client whose last batch is finished, provisional on a
  /// server.
  var hasReceivedSecondMessage: Bool {
    state.withLock { state in
      if case .received = state.secondMessage { true } else { false }
    }
  }
}
