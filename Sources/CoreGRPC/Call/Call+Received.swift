import CGRPC
import Synchronization

/// The data from the other end of a call, and facts about it.
extension Call {
  /// The connection of a call that came to a server; `nil` once the call is over.
  var connection: ConnectionIdentity? { state.withLock { connection($0) } }

  func connection(_ state: State) -> ConnectionIdentity? {
    state.machine.isUsable ? connectionWithLock : nil
  }

  /// The connection of the call, with the call's lock, while the C call exists.
  var connectionWithLock: ConnectionIdentity? { unsafe AuthContext(call: handle)?.connection }

  /// The initial metadata from the other end: on the server before the handler runs, on the client once it was
  /// received.
  var receivedInitialMetadata: Metadata { state.withLock { $0.received.initialMetadata } }

  /// The trailing metadata from the server, on the client, once the status was received.
  var receivedTrailingMetadata: Metadata { state.withLock { $0.received.trailingMetadata } }

  /// The status that the client received.
  ///
  /// For the owner of a finished receive-status.
  var receivedStatus: Status {
    let code = unsafe Status.Code(rawValue: Int(memory.pointer.pointee.received_status.rawValue)) ?? .unknown
    let message = unsafe memory.pointer.pointee.received_status_details.text(maximumByteCount: limits.receivedMetadata)
    let status = Status(code: code, message: message)
    if let failure = credentials?.failure(behind: status) { return Status(failure) }
    return code == .unavailable ? explaining(status) : status
  }

  /// The error that a client's call has ended with; `nil` if it succeeded.
  ///
  /// For the owner of a finished receive-status.
  var receivedError: RPCError? {
    guard let received = RPCError(status: receivedStatus, metadata: receivedTrailingMetadata) else { return nil }
    var error = received.considering(deadlineHasPassed: deadlineHasPassed, isCancelledHere: isCancelledHere)
    error.initialMetadata = receivedInitialMetadata
    if let failure = credentials?.failure, failure == error { error.cause = failure.cause }
    return error.comingOutOfChannel()
  }

  /// Whether the call ended before the handler's status was sent.
  ///
  /// For the owner of a finished receive-close.
  var wasCancelled: Bool { unsafe memory.pointer.pointee.cancelled != 0 || state.withLock { $0.machine.isInterrupted } }

  /// Whether a message was received and not taken.
  ///
  /// Called only by the task whose receive-message operation has finished.
  var hasReceivedMessage: Bool { unsafe memory.pointer.pointee.received_message != nil }

  /// Takes the message that was received.
  ///
  /// Called only by the task whose receive-message operation has finished.
  ///
  /// - Returns: The message; `nil` at the end of the stream, and when the call failed.
  /// - Throws: ``RPCError``, when the message is compressed and nothing compressed is accepted, it cannot be inflated
  ///   within the limit, or its encoding or its flags are not known.
  func takeReceivedMessage() throws(RPCError) -> MessageBuffer? {
    do throws(RPCError) {
      return try takeCheckedMessage()
    } catch {
      throw role == .client ? error.comingOutOfChannel() : error
    }
  }

  private func takeCheckedMessage() throws(RPCError) -> MessageBuffer? {
    _ = isMessageInspected.load(ordering: .acquiring)
    guard let message = memory.takeReceivedMessage() else { return nil }
    if memory.receivedMessageIsMislabelled {
      throw RPCError(mislabelledMessageOn: role, accepted: limits.enabledAlgorithms)
    }
    if memory.receivedMessageHasUnknownFlags { throw RPCError(messageWithUnknownFlags: ()) }
    guard let inflationLimit = limits.inflation else {
      if limits.refusesCompression, message.wasCompressed { throw RPCError(compressedMessageOn: role) }
      return message
    }
    return try message.inflated(limit: inflationLimit)
  }

  /// Whether the last receive-message ended because the call failed, and not because the stream did.
  var failedBeforeReceivingMessage: Bool {
    state.withLock { state in
      guard state.machine.isUsable, !state.machine.isInterrupted else { return true }
      return unsafe grpc_call_failed_before_recv_message(handle) != 0
    }
  }

  /// Returns whether some operations were started, whether or not they are done.
  func hasStarted(_ operations: CallOperations) -> Bool {
    state.withLock { $0.machine.started.isSuperset(of: operations) }
  }

  /// Whether data is being sent.
  ///
  /// Of several calls on a connection that are to end, those that send end first: a call whose message waits for the
  /// client's window is cancelled, and C-core loses the status of a cancelled call with which it closes the connection.
  var isSending: Bool { state.withLock { !$0.machine.inFlight.isDisjoint(with: .sends) } }

  /// The other end's address as C-core writes it, for instance `ipv4:127.0.0.1:50051`; `nil` once the call is over.
  var peer: String? {
    state.withLock { state in state.machine.isUsable ? peerOfExistingCall : nil }
  }

  /// The other end's address, while the C call exists.
  var peerOfExistingCall: String? {
    guard let peer = unsafe grpc_call_get_peer(handle) else { return nil }
    defer { unsafe gpr_free(peer) }
    return unsafe String(cString: peer)
  }

  /// The certificate that the other end has shown; `nil` without one, and once the call is over.
  var peerCertificate: PeerCertificate? {
    state.withLock { state in unsafe state.machine.isUsable ? AuthContext(call: handle)?.peerCertificate : nil }
  }

  /// The other end, for authorization policies; `nil` once the call is over.
  var authorizationPeer: AuthorizationPolicy.Peer? {
    state.withLock { state in
      guard state.machine.isUsable else { return nil }
      return unsafe AuthContext(call: handle)?.authorizationPeer ?? .unauthenticated
    }
  }

  /// Counts the message that is to be sent, with the lock.
  func countSentMessage() {
    if let measurement { measurement.sent(byteCount: memory.sentMessageByteCount) }
  }

  /// Counts the message that has been received, if there is one, with the lock.
  func countReceivedMessage() {
    if let measurement, let count = memory.receivedMessageByteCount { measurement.received(byteCount: count) }
  }

  /// Takes over the data that a batch has received, and releases the data that it has sent.
  func collect(_ operations: CallOperations, _ state: inout State) {
    if operations.contains(.sendMessage) { memory.releaseSentMessage() }
    if operations.contains(.receiveMessage) {
      unsafe memory.inspectReceivedMessage(of: handle)
      countReceivedMessage()
      isMessageInspected.store(true, ordering: .releasing)
    }
    // The entries belong to the C call, so they are copied before it can be released.
    if operations.contains(.receiveInitialMetadata) {
      state.received.initialMetadata = unsafe received(memory.pointer.pointee.received_initial_metadata, &state)
    }
    guard operations.contains(.receiveClose) else { return }
    switch role {
    case .client:
      credentials?.callEnded()
      state.received.trailingMetadata = unsafe received(memory.pointer.pointee.received_trailing_metadata, &state)
      if state.received.excessiveMetadataSize > 0 { refuseReceivedMetadata(&state) }
    case .server:
      let isCancelled = unsafe memory.pointer.pointee.cancelled != 0
      let isEndedHere = state.isCancelledHere || state.machine.isInterrupted
      serverCallEnded(
        wasCancelledByClient: isCancelled && !isEndedHere && !state.hasSentInitialMetadata,
        wasAnswered: !isCancelled
      )
    }
  }

  /// Returns a copy of metadata that came from the server.
  ///
  /// Ends the call if there is too much of it.
  private func received(_ array: grpc_metadata_array, _ state: inout State) -> Metadata {
    if let metadata = unsafe array.received(limit: limits.receivedMetadata) { return metadata }
    state.received.excessiveMetadataSize = unsafe array.receivedSize
    if state.machine.isUsable { unsafe grpc_call_cancel(handle, nil) }
    return Metadata()
  }

  /// Replaces the status that came from the server, because too much metadata came with it.
  private func refuseReceivedMetadata(_ state: inout State) {
    var status = Status(
      RPCError(
        tooMuchReceivedMetadata: state.received.excessiveMetadataSize,
        limit: limits.receivedMetadata,
        on: role
      )
    )
    let code = receivedStatus.code
    if code != .ok, code != .cancelled { status.message += "; the server's status was \(code)" }
    memory.replaceReceivedStatus(status)
  }

  /// The error of a call whose peer has sent too much metadata; `nil` if it has not.
  ///
  /// On the client it replaces the status, if that comes later.
  var excessiveMetadata: RPCError? {
    let size = state.withLock { $0.received.excessiveMetadataSize }
    guard size > 0 else { return nil }
    return RPCError(tooMuchReceivedMetadata: size, limit: limits.receivedMetadata, on: role)
  }
}
