import CGRPC

/// One call of C-core, on either end.
///
/// Every use of the C object happens under the call's lock, after the state machine has allowed it. So a batch never
/// starts twice on a slot, a cancel never meets a released call, and what C-core wrote is visible to whoever reads it.
/// An operation in flight keeps the call alive.
///
/// The call is itself the operation of the batch that ends it, see ``end(with:)``: most calls have no other.
@usableFromInline
class Call: Operation, @unchecked Sendable {
  // Unchecked, because of `memory` and the handle: the handle is used under the lock only, and a field of `memory` only
  // by the owner of its slot (see `CallMemory`).

  /// What the lock guards.
  struct State {
    var machine: CallStateMachine
    /// Held while batches may start, which keeps the queue from being shut down.
    var queue: CompletionQueue?
    var initialMetadata = Metadata()
    var trailingMetadata = Metadata()
    /// The size of received metadata that was over the limit, in bytes; zero while none was.
    var excessiveMetadataSize = 0
    /// The operations of the batch that ends the call, how many there are for C-core, and who waits for it.
    var last: CallOperations = []
    var lastCount = 0
    var waiter: UnsafeContinuation<RPCError?, Never>?
    /// What sends and receives the messages of a call that has more than its first and its last batch.
    var sender, receiver: MessageOperation?
    var sending = MessageProgress(), receiving = MessageProgress()
    /// What a unary call has been asked for beside its last batch, and whether that has ended meanwhile.
    var secondMessage = SecondMessage.State.notAskedFor
    var isLastDone = false
    /// Whether this end has cancelled the call.
    var isCancelledHere = false

    /// Whether a thread has the call among what it holds back, and whether that goes for the last batch.
    var isAmongHeldBack = false, holdsLast = false

    mutating func takeHoldsLast() -> Bool {
      defer { holdsLast = false }
      return holdsLast
    }
  }

  // For this class and its extensions alone, as what is below.
  let handle: OpaquePointer
  let role: CallStateMachine.Role
  let state: Locked<State>
  let memory = CallMemory()
  private let limits: CallLimits
  private let resumesOnPollers: Bool

  /// The list that the call is in while its last batch is in flight; `nil` of one that no list has.
  private let outstandingCalls: OutstandingCalls?
  /// The place there, which is the list's to read and write.
  nonisolated(unsafe) var links = OutstandingCalls.Links()

  /// Takes over a C call that a client makes.
  ///
  /// - Parameters:
  ///   - handle: The call; this object unrefs it.
  ///   - queue: The queue that the call is bound to.
  ///   - limits: The limits of the call.
  ///   - resumesOnPollers: Whether tasks that wait for the call go on on the thread that polls, unless they have an executor.
  ///   - isLookedAt: Whether the call, if it is unary, is asked for a second message when it takes long.
  init(
    adopting handle: OpaquePointer,
    queue: CompletionQueue,
    limits: CallLimits,
    resumesOnPollers: Bool,
    isLookedAt: Bool
  ) {
    self.outstandingCalls = isLookedAt ? queue.outstandingCalls : nil
    self.handle = handle
    self.role = .client
    self.resumesOnPollers = resumesOnPollers
    self.limits = limits
    self.state = Locked(State(machine: CallStateMachine(role: .client), queue: queue))
  }

  /// Takes over a call that came to a server.
  ///
  /// - Parameter slot: Where it came to, which can be posted again then.
  init(takenFrom slot: CallSlot) {
    // The entries belong to the C call, which the slot does not hold any longer.
    let metadata = slot.memory.pointee.metadata.received(limit: slot.limits.receivedMetadata)
    let excessiveSize = metadata == nil ? slot.memory.pointee.metadata.receivedSize : 0
    let call = slot.takeCall()
    self.handle = call.handle
    self.role = .server
    self.resumesOnPollers = false
    self.outstandingCalls = nil
    self.limits = slot.limits
    self.state = Locked(
      State(
        machine: CallStateMachine(role: .server),
        queue: slot.queue,
        initialMetadata: metadata ?? Metadata(),
        excessiveMetadataSize: excessiveSize
      )
    )
    // Nothing else has been received so far.
    memory.pointer.pointee.received_message = call.message
  }

  deinit { assert(state.withLock { $0.machine.isReleased }, "a subclass's deinit closes the call") }

  /// Called once, on any thread and without the lock, when the C call has been let go.
  func didRelease() {}

  /// Starts a batch.
  ///
  /// - Parameters:
  ///   - batch: What to do and what to send.
  ///   - completion: Called once, with the event's success flag, when the batch is done: on a polling thread, or before this
  ///     function returns. Not called when this function throws. Must not block.
  /// - Throws: ``RPCError``, when the metadata is illegal or does not fit, or the call cannot take the batch.
  final func start(_ batch: consuming Batch, completion: @escaping @Sendable (Bool) -> Void) throws(RPCError) {
    let operations = try start(batch) { operations, _ in
      BatchOperation(call: self, operations: operations, completion: completion)
    }
    if let (operations, succeeded) = operations { finish(operations, succeeded: succeeded, completion: completion) }
  }

  /// Starts a batch that is the call's last: the call closes when it is done.
  ///
  /// On a thread that polls it may be held back a little, see ``HoldingBack``.
  ///
  /// - Throws: ``RPCError``, when the metadata is illegal or does not fit, or the call cannot take the batch.
  final func end(with batch: consuming Batch) throws(RPCError) { try end(with: batch, resuming: nil) }

  private func end(
    with batch: consuming Batch,
    resuming waiter: UnsafeContinuation<RPCError?, Never>?
  ) throws(RPCError) {
    var batch = batch
    try batch.prepareHeaders(for: role, room: limits.sentMetadata)
    let thread = PollerThread.current
    let outcome = state.withLock { state -> Result<LastStart?, RPCError> in
      batch.resolve(after: state.machine.started)
      let operations = batch.operations
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(operations)
      } catch {
        return .failure(RPCError(refusal: error))
      }
      state.last = operations
      state.lastCount = memory.fill(memory.lastOperations, with: &batch, role: role)
      state.waiter = waiter
      if state.isAmongHeldBack || thread?.hold(self) == true {
        state.isAmongHeldBack = true
        state.holdsLast = true
        return .success(nil)
      }
      return .success(startLast(&state, with: nil))
    }
    if let started = try outcome.get() { finishStart(started) }
  }

  override final func startHeldBack() { startHeldBack(with: nil) }

  /// The connection of a call that came to a server; `nil` once the call is over.
  final var connection: ConnectionIdentity? { state.withLock { connection($0) } }

  private func connection(_ state: State) -> ConnectionIdentity? {
    state.machine.isUsable ? AuthContext(call: handle)?.connection : nil
  }

  override final var combiningConnection: ConnectionIdentity? {
    // What a client sends may be kept for another attempt, and with it what would start the others. A message before the last
    // batch C-core lets go when it has written it, and holds the connection no longer.
    guard role == .server else { return nil }
    return state.withLock { state in state.holdsLast && !state.sending.isHeld ? connection(state) : nil }
  }

  override final var canStartOthers: Bool { state.withLock { $0.holdsLast && $0.last.contains(.sendMessage) } }

  override final func startHeldBack(with others: ArraySlice<Operation>) {
    let combined = CombinedStart(others)
    startHeldBack(with: combined)
    for other in combined.takeOthers() { other.startHeldBack() }
  }

  /// Starts the message and the last batch, as far as they are held back.
  private func startHeldBack(with combined: CombinedStart?) {
    let (start, released) = state.withLock { state in
      let released = startHeldMessage(&state)
      state.isAmongHeldBack = false
      return (state.takeHoldsLast() ? startLast(&state, with: combined) : .started, released)
    }
    finishStart(start)
    release(released)
  }

  override final func startHeldBackWithinCore() {
    // The thread may have this call's lock or another's, for which somebody waits who has this one's: it must not wait.
    let start = state.withLockIfAvailable { state -> LastStart in
      // It has a connection to combine on, so its last batch is held back, and no message is.
      guard state.takeHoldsLast() else { return .started }
      state.isAmongHeldBack = false
      let tag = tag()
      let failure = grpc_call_start_batch(handle, memory.lastOperations, state.lastCount, tag, nil)
      return failure == GRPC_CALL_OK ? .started : refused(failure, tag, &state)
    }
    switch start {
    case .started?, .done?: break
    case .refused(let error, let waiter)?: Task { finishStart(.refused(error, waiter: waiter)) }
    case nil: Task { startHeldBack() }
    }
  }

  /// What C-core said to the last batch.
  private enum LastStart {
    case started
    case done(succeeded: Bool)
    case refused(RPCError, waiter: UnsafeContinuation<RPCError?, Never>?)
  }

  private func startLast(_ state: inout State, with combined: CombinedStart?) -> LastStart {
    let tag = tag()
    if let outstandingCalls, outstandingCalls.add(self) { state.queue?.post(CallbackOperation {}) }
    let (failure, succeeded) = PollerThread.start(self) {
      if let combined, state.last.contains(.sendMessage) {
        return startLast(count: state.lastCount, tag, with: combined)
      }
      return grpc_call_start_batch(handle, memory.lastOperations, state.lastCount, tag, nil)
    }
    guard failure == GRPC_CALL_OK else { return refused(failure, tag, &state) }
    return succeeded.map { .done(succeeded: $0) } ?? .started
  }

  private func startLast(count: Int, _ tag: UnsafeMutableRawPointer, with combined: CombinedStart) -> grpc_call_error {
    let slice = combined.slice()
    guard memory.prependToSentMessage(slice) else {
      // That starts the others.
      grpc_slice_unref(slice)
      return grpc_call_start_batch(handle, memory.lastOperations, count, tag, nil)
    }
    return memory.startLastOperationsInParts(count: count) { operations, count, isLast in
      let partTag = isLast ? tag : combined.tag()
      let failure = grpc_call_start_batch(handle, operations, count, partTag, nil)
      if failure != GRPC_CALL_OK, !isLast { _ = Operation.take(partTag) }
      return failure
    }
  }

  private func refused(
    _ failure: grpc_call_error,
    _ tag: UnsafeMutableRawPointer,
    _ state: inout State
  ) -> LastStart {
    .refused(refused(failure, state.last, tag, &state), waiter: state.waiter.take())
  }

  private func finishStart(_ start: LastStart) {
    switch start {
    case .started: break
    case .done(let succeeded): complete(succeeded: succeeded)
    case .refused(let error, let waiter):
      waiter?.resume(returning: error)
      close()
    }
  }

  /// C-core has refused a batch, which poisons the call.
  final func refused(
    _ failure: grpc_call_error,
    _ operations: CallOperations,
    _ tag: UnsafeMutableRawPointer,
    _ state: inout State
  ) -> RPCError {
    _ = Operation.take(tag)
    outstandingCalls?.remove(self)
    state.machine.startFailed(operations)
    if state.machine.isCancellable { grpc_call_cancel(handle, nil) }
    let text = String(cString: grpc_call_error_to_string(failure))
    return RPCError(code: .internalError, message: "C-core refused a batch: \(text)")
  }

  /// - Parameter makeOperation: Makes what C-core gets as the tag, under the lock.
  /// - Returns: The operations of the batch and its success flag, if it is done: the tag does not come then.
  private func start(
    _ batch: consuming Batch,
    _ makeOperation: (CallOperations, inout State) -> Operation
  ) throws(RPCError) -> (operations: CallOperations, succeeded: Bool)? {
    var batch = batch
    try batch.prepareHeaders(for: role, room: limits.sentMetadata)
    var done: (operations: CallOperations, succeeded: Bool)?
    let refusal = state.withLock { state -> RPCError? in
      batch.resolve(after: state.machine.started)
      let operations = batch.operations
      do throws(CallStateMachine.Refusal) {
        try state.machine.start(operations)
      } catch {
        return RPCError(refusal: error)
      }
      let operation = makeOperation(operations, &state)
      let tag = operation.tag()
      let capacity = CallMemory.largestOperationCount
      let (failure, succeeded) = withUnsafeTemporaryAllocation(of: grpc_op.self, capacity: capacity) { ops in
        let base = ops.baseAddress.unsafelyUnwrapped  // Some operations were asked for.
        let count = memory.fill(base, with: &batch, role: role)
        return PollerThread.start(operation) { grpc_call_start_batch(handle, base, count, tag, nil) }
      }
      done = succeeded.map { (operations, $0) }
      guard failure != GRPC_CALL_OK else { return nil }
      return refused(failure, operations, tag, &state)
    }
    if let refusal { throw refusal }
    return done
  }

  /// Starts a batch that is the call's last and waits until it is done; cancelling the task cancels the call, and still waits.
  final nonisolated(nonsending) func finish(with batch: consuming Batch) async throws(RPCError) {
    var batch: Batch? = consume batch
    let refusal = await withTaskCancellationHandler {
      await withUnsafeContinuation { continuation in
        guard let batch = batch.take() else { preconditionFailure("a continuation's body runs once") }
        do throws(RPCError) {
          // Resumed exactly once: when the batch is done, or below when it did not start.
          try end(with: batch, resuming: continuation)
        } catch {
          continuation.resume(returning: error)
        }
      }
    } onCancel: {
      cancel()
    }
    if let refusal { throw refusal }
  }

  /// Whether whoever cancels the current task cancels the call, too.
  var isCancelledWithCurrentTask: Bool { false }

  /// Cancels the call unless it is over: what is in flight ends soon, and the peer sees CANCELLED.
  ///
  /// Any number of times, on any thread.
  final func cancel() {
    state.withLock { state in
      guard state.machine.isCancellable else { return }
      state.isCancelledHere = true
      grpc_call_cancel(handle, nil)
    }
  }

  /// Cancels the call unless it is over, with another status than CANCELLED.
  final func cancel(with status: Status) {
    state.withLock { state in
      guard state.machine.isCancellable else { return }
      let code = grpc_status_code(Int32(status.code.rawValue))
      // C-core copies the text.
      _ = status.message.withCString { grpc_call_cancel_with_status(handle, code, $0, nil) }
    }
  }

  /// Whether this end has cancelled the call before it was over.
  final var isCancelledHere: Bool { state.withLock { $0.isCancelledHere } }

  /// Whether the call has a deadline that has passed, as far as this end knows.
  var deadlineHasPassed: Bool { false }

  /// Whether C-core has said that the call is over.
  final var isOver: Bool { state.withLock { $0.machine.isOver } }

  /// Lets the C call go as soon as nothing is in flight; nothing can be started from now on.
  ///
  /// A task that waits for a client's message to go out waits no longer. C-core 1.51 can lose the tag of one: what is sent while
  /// a transparent retry still sends what was sent before stays with the retry filter, should the call be committed then. Such a
  /// call keeps its memory, and its queue.
  final func close() {
    let (released, sender) = state.withLock { state in
      (state.machine.close() ? state.queue.take() : nil, role == .client ? state.sending.end(succeeded: false) : nil)
    }
    release(released)
    sender?.resume(returning: false)
  }

  /// What the other end sent first: on the server before the handler runs, on the client once it was received.
  final var receivedInitialMetadata: Metadata { state.withLock { $0.initialMetadata } }

  /// What the server sent last, on the client, once the status was received.
  final var receivedTrailingMetadata: Metadata { state.withLock { $0.trailingMetadata } }

  /// The status that the client received.
  ///
  /// For the owner of a finished receive-status.
  final var receivedStatus: Status {
    let code = Status.Code(rawValue: Int(memory.pointer.pointee.received_status.rawValue)) ?? .unknown
    let message = memory.pointer.pointee.received_status_details.text(maximumByteCount: limits.receivedMetadata)
    let status = Status(code: code, message: message)
    return code == .unavailable ? explaining(status) : status
  }

  /// The error that a client's call has ended with; `nil` if it succeeded.
  ///
  /// For the owner of a finished receive-status.
  final var receivedError: RPCError? {
    guard let received = RPCError(status: receivedStatus, metadata: receivedTrailingMetadata) else { return nil }
    var error = received.considering(deadlineHasPassed: deadlineHasPassed, isCancelledHere: isCancelledHere)
    error.initialMetadata = receivedInitialMetadata
    return error.comingOutOfChannel()
  }

  /// The status of a call that C-core could not make, with an explanation of its text.
  func explaining(_ status: Status) -> Status { status }

  /// Whether the call ended without the server's status having gone out.
  ///
  /// For the owner of a finished receive-close.
  final var wasCancelled: Bool { memory.pointer.pointee.cancelled != 0 }

  /// Whether a message is being received.
  final var isReceivingMessage: Bool { state.withLock { $0.machine.inFlight.contains(.receiveMessage) } }

  /// Whether a message was received and not taken.
  ///
  /// For the owner of a finished receive-message.
  final var hasReceivedMessage: Bool { memory.pointer.pointee.received_message != nil }

  /// Takes the message that was received.
  ///
  /// For the owner of a finished receive-message.
  ///
  /// - Returns: `nil` at the end of the stream, and when the call failed.
  /// - Throws: ``RPCError``, when the message is compressed and nothing compressed is accepted, or it cannot be inflated within the
  ///   limit.
  final func takeReceivedMessage() throws(RPCError) -> MessageBuffer? {
    guard let message = memory.takeReceivedMessage() else { return nil }
    guard let inflationLimit = limits.inflation else {
      if limits.refusesCompression, message.wasCompressed { throw RPCError(compressedMessageOn: role) }
      return message
    }
    return try message.inflated(limit: inflationLimit)
  }

  /// Whether the last receive-message ended because the call failed, and not because the stream did.
  final var failedBeforeReceivingMessage: Bool {
    state.withLock { state in
      state.machine.isUsable ? grpc_call_failed_before_recv_message(handle) != 0 : true
    }
  }

  /// Whether some operations were started, be they done or not.
  final func hasStarted(_ operations: CallOperations) -> Bool {
    state.withLock { $0.machine.started.isSuperset(of: operations) }
  }

  /// The other end's address as C-core writes it, for instance `ipv4:127.0.0.1:50051`; `nil` once the call is over.
  final var peer: String? {
    state.withLock { state in
      guard state.machine.isUsable, let peer = grpc_call_get_peer(handle) else { return nil }
      defer { gpr_free(peer) }
      return String(cString: peer)
    }
  }

  /// The certificate that the other end has shown; `nil` without one, and once the call is over.
  final var peerCertificate: PeerCertificate? {
    state.withLock { state in state.machine.isUsable ? AuthContext(call: handle)?.peerCertificate : nil }
  }

  /// The tag of the batch that ends the call came.
  override final func complete(succeeded: Bool) {
    outstandingCalls?.remove(self)
    let (released, waiter) = state.withLock { state in
      if case .askedFor = state.secondMessage {
        // Its end ends the call.
        state.isLastDone = true
        return (nil as CompletionQueue?, nil as UnsafeContinuation<RPCError?, Never>?)
      }
      finish(state.last, &state)
      let isReleased = state.machine.finish(state.last) || state.machine.close()
      return (isReleased ? state.queue.take() : nil, state.waiter.take())
    }
    release(released)
    guard let waiter else { return }
    resuming { waiter.resume(returning: nil) }
  }

  /// The tag of another batch came.
  fileprivate func finish(_ operations: CallOperations, succeeded: Bool, completion: @Sendable (Bool) -> Void) {
    let released = state.withLock { state in
      finish(operations, &state)
      return state.machine.finish(operations) ? state.queue.take() : nil
    }
    resuming { completion(succeeded) }
    release(released)
  }

  /// Calls a function that resumes those who wait for the call.
  final func resuming(_ body: () -> Void) {
    if resumesOnPollers { PollerThread.resumingHere(body) } else { body() }
  }

  /// Takes over what a batch has received, and lets go of what it has sent.
  final func finish(_ operations: CallOperations, _ state: inout State) {
    if operations.contains(.sendMessage) { memory.releaseSentMessage() }
    // The entries belong to the C call, so they are copied before it can be released.
    if operations.contains(.receiveInitialMetadata) {
      state.initialMetadata = received(memory.pointer.pointee.received_initial_metadata, &state)
    }
    if operations.contains(.receiveClose), role == .client {
      state.trailingMetadata = received(memory.pointer.pointee.received_trailing_metadata, &state)
      if state.excessiveMetadataSize > 0 { refuseReceivedMetadata(&state) }
    }
  }

  /// A copy of metadata that came from the server.
  ///
  /// Too much of it ends the call.
  private func received(_ array: grpc_metadata_array, _ state: inout State) -> Metadata {
    if let metadata = array.received(limit: limits.receivedMetadata) { return metadata }
    state.excessiveMetadataSize = array.receivedSize
    if state.machine.isUsable { grpc_call_cancel(handle, nil) }
    return Metadata()
  }

  /// Replaces the status that came from the server, as too much metadata came with it.
  private func refuseReceivedMetadata(_ state: inout State) {
    var status = Status(
      RPCError(tooMuchReceivedMetadata: state.excessiveMetadataSize, limit: limits.receivedMetadata)
    )
    let code = receivedStatus.code
    if code != .ok, code != .cancelled { status.message += "; the server's status was \(code)" }
    memory.replaceReceivedStatus(status)
  }

  /// The error of a call whose peer has sent too much metadata; `nil` if it has not.
  ///
  /// On the client it takes the place of the status, if that comes later.
  final var excessiveMetadata: RPCError? {
    let size = state.withLock { $0.excessiveMetadataSize }
    return size > 0 ? RPCError(tooMuchReceivedMetadata: size, limit: limits.receivedMetadata) : nil
  }

  /// Lets the C call go.
  ///
  /// - Parameter queue: What was held as long as batches could start; `nil` if it is not time yet.
  final func release(_ queue: consuming CompletionQueue?) {
    guard let held = consume queue else { return }
    grpc_call_unref(handle)
    // Dropped without the lock: this may be the queue's last holder.
    _ = consume held
    didRelease()
  }
}

/// A batch in flight.
private final class BatchOperation: Operation, @unchecked Sendable {
  private let call: Call
  private let operations: CallOperations
  private let completion: @Sendable (Bool) -> Void

  init(call: Call, operations: CallOperations, completion: @escaping @Sendable (Bool) -> Void) {
    self.call = call
    self.operations = operations
    self.completion = completion
  }

  override func complete(succeeded: Bool) {
    call.finish(operations, succeeded: succeeded, completion: completion)
  }
}

extension RPCError {
  init(refusal: CallStateMachine.Refusal) {
    switch refusal {
    case .closed:
      self.init(code: .cancelled, message: "the call is over")
    case .poisoned:
      self.init(code: .internalError, message: "the call failed before")
    case .busy, .repeated, .outOfOrder, .wrongRole, .empty:
      self.init(code: .internalError, message: "the call cannot do this now: \(refusal)")
    }
  }
}
