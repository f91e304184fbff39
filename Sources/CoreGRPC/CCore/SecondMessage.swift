import CGRPC

/// A message that a unary call is asked for beside its last batch, and that should not come.
final class SecondMessage: Operation, @unchecked Sendable {
  // Unchecked as its superclass is.

  /// What has become of it.
  enum State: Sendable {
    case notAskedFor
    case askedFor
    case received
    case none
  }

  /// Where C-core puts it.
  let message = UnsafeMutablePointer<UnsafeMutablePointer<grpc_byte_buffer>?>.allocate(capacity: 1)
  private let call: Call

  init(of call: Call) {
    self.call = call
    message.initialize(to: nil)
  }

  deinit {
    if let message = message.pointee { grpc_byte_buffer_destroy(message) }
    message.deallocate()
  }

  override func complete(succeeded: Bool) { call.secondMessageEnded(isMessage: message.pointee != nil) }
}

extension Call {
  /// Asks for another message, beside the last batch, which has received one.
  ///
  /// If there is one, the call is over: it has one message too many. If there is none, the stream has ended, and the status comes.
  func askForSecondMessage() {
    let done = state.withLock { state -> SecondMessage? in
      guard state.machine.isUsable, case .notAskedFor = state.secondMessage, !state.machine.inFlight.isEmpty else {
        return nil
      }
      state.secondMessage = .askedFor
      let second = SecondMessage(of: self)
      let tag = second.tag()
      var operation = grpc_op()
      cgrpc_op_recv_message(&operation, second.message)
      // In a batch of its own it takes a slot of C-core's that the last batch, which begins with other operations, has not.
      let (failure, succeeded) = PollerThread.start(second) { grpc_call_start_batch(handle, &operation, 1, tag, nil) }
      guard failure == GRPC_CALL_OK else {
        // C-core has not finished with the first message, against all odds. The call goes on without.
        _ = Operation.take(tag)
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
      // The status may wait for further messages.
      if isMessage, state.machine.isUsable { grpc_call_cancel(handle, nil) }
      return state.isLastDone
    }
    if isLastDone { complete(succeeded: true) }
  }

  /// Whether the call has received two messages.
  ///
  /// For the owner of a finished last batch.
  var hasReceivedSecondMessage: Bool {
    state.withLock { state in
      if case .received = state.secondMessage { true } else { false }
    }
  }
}
