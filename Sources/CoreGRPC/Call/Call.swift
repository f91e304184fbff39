import CGRPC
import Synchronization

/// One call of C-core, on either end.
///
/// Every use of the C object happens under the call's lock, after the state machine has allowed it. So a batch never
/// starts twice on a slot, a cancel never meets a released call, and the data that C-core wrote is visible to each
/// reader. An operation in flight keeps the call alive.
///
/// The call is itself the operation of the batch that ends it, see ``end(with:)``: most calls have no other. Extensions
/// in other files handle that batch, the messages before it, and the data from the other end.
@usableFromInline
@safe class Call: Operation, @unchecked Sendable {
  // Unchecked, because of `memory` and the handle: the handle is used under the lock only, and a field of `memory` only
  // by the owner of its slot (see `BatchMemory`).

  /// The state that the lock guards.
  struct State {
    var machine: CallStateMachine
    /// The queue, held while batches may start, so that it is not shut down.
    var queue: CompletionQueue?
    var received = Received()
    var messages = Messages()
    /// The state of the second message that a unary call asks for.
    var secondMessage = SecondMessage.State.notAskedFor
    var last = LastBatch()
    /// Whether the call is among a poller's deferred sends: its message, its last batch, or both.
    var isDeferred = false
    /// Whether a server has sent the initial metadata.
    var hasSentInitialMetadata = false
    /// Whether this end has cancelled the call.
    var isCancelledHere = false
    /// The `RPCError` of the batch that C-core has refused, which ends the call.
    var failure: (any Error)?
  }

  /// The metadata from the other end.
  struct Received {
    var initialMetadata = Metadata()
    var trailingMetadata = Metadata()
    /// The size of received metadata that was over the limit, in bytes; zero while none was.
    var excessiveMetadataSize = 0
  }

  /// The messages between the first batch and the last, of a call that has more than these two.
  struct Messages {
    var sender, receiver: MessageOperation?
    var sending = MessageProgress(), receiving = MessageProgress()
  }

  /// The batch that ends the call.
  @safe struct LastBatch {
    // Safe, because `waiter` is taken out under the lock of the call before it is resumed: so it is resumed once.

    var operations: CallOperations = []
    /// The number of operations that C-core gets, see ``BatchMemory/lastOperations``.
    var count = 0
    /// The task that waits for its end.
    var waiter: UnsafeContinuation<RPCError?, Never>?
    /// Whether a poller defers it.
    var isDeferred = false
    /// Whether it has ended while a second message is awaited, whose end then ends the call.
    var isDone = false

    /// Removes the batch from the deferred sends.
    ///
    /// - Returns: Whether it was deferred.
    mutating func undefer() -> Bool {
      defer { isDeferred = false }
      return isDeferred
    }
  }

  // Only this class and its extensions use this property and those below.
  let handle: OpaquePointer
  let role: CallRole
  let state: Locked<State>
  let memory = BatchMemory()
  let limits: CallLimits
  private let resumesOnPollers: Bool
  let sends: SendOptions
  /// The counts of the call; `nil` unless observers or interceptors follow it.
  let measurement: CallMeasurement?
  /// Whether a task receives a message, or has not taken it yet: see ``receiveMessage()``.
  let isReceiving = Atomic(false)

  /// A synchronization for ThreadSanitizer, which cannot see that of the concurrency runtime when the end of a
  /// receive-message resumes a task.
  let isMessageInspected = Atomic(false)

  /// The list that holds the call while its last batch is in flight; `nil` if no list does.
  let outstandingCalls: OutstandingCalls?

  /// The credentials of a client's call, if there are any that the program provides.
  let credentials: CallCredentialsSession?
  /// The call's place in the list, which only the list reads and writes.
  nonisolated(unsafe) var links = OutstandingCalls.Links()

  /// Takes over a C call that a client makes.
  ///
  /// - Parameters:
  ///   - handle: The call; this object unrefs it.
  ///   - queue: The queue that the call is bound to.
  ///   - limits: The limits of the call.
  ///   - resumesOnPollers: Whether tasks that wait for the call resume on the polling thread, unless they have an
  ///     executor.
  ///   - isLookedAt: Whether the call, if it is unary, asks for a second message when it takes long.
  ///   - measurement: The counts of the call, if observers or interceptors follow it.
  ///   - credentials: The credentials of the call, if there are any that the program provides.
  init(
    adopting handle: OpaquePointer,
    queue: CompletionQueue,
    limits: CallLimits,
    resumesOnPollers: Bool,
    isLookedAt: Bool,
    measurement: CallMeasurement?,
    credentials: CallCredentialsSession?
  ) {
    self.measurement = measurement
    self.outstandingCalls = isLookedAt ? queue.outstandingCalls : nil
    self.credentials = credentials
    unsafe self.handle = handle
    self.role = .client
    self.resumesOnPollers = resumesOnPollers
    self.limits = limits
    self.sends = queue.sends
    self.state = Locked(State(machine: CallStateMachine(role: .client), queue: queue))
  }

  /// Takes over a call that came to a server.
  ///
  /// - Parameters:
  ///   - slot: The slot of the call, which can be posted again afterwards.
  ///   - measurement: The counts of the call, if observers or interceptors follow it.
  init(takenFrom slot: borrowing CallSlot, measurement: CallMeasurement?) {
    self.measurement = measurement
    // The entries belong to the C call, which the slot no longer holds.
    let metadata = unsafe slot.memory.pointee.metadata.received(limit: slot.limits.receivedMetadata)
    let excessiveSize = unsafe metadata == nil ? slot.memory.pointee.metadata.receivedSize : 0
    let call = unsafe slot.takeCall()
    unsafe self.handle = call.handle
    self.role = .server
    self.resumesOnPollers = false
    self.outstandingCalls = nil
    self.credentials = nil
    self.limits = slot.limits
    self.sends = slot.queue.sends
    self.state = Locked(
      State(
        machine: CallStateMachine(role: .server),
        queue: slot.queue,
        received: Received(initialMetadata: metadata ?? Metadata(), excessiveMetadataSize: excessiveSize)
      )
    )
    // Nothing else has been received so far.
    unsafe memory.pointer.pointee.received_message = call.message
    unsafe memory.inspectReceivedMessage(of: handle)
    super.init()
    countReceivedMessage()
  }

  deinit { assert(state.withLock { $0.machine.isReleased }, "a subclass's deinit closes the call") }

  /// Handles the release of the C call.
  ///
  /// Called once, on any thread and without the lock.
  func didRelease() {}

  /// Handles the end of a call that observers or interceptors follow, which is about to be released.
  ///
  /// Called once, on any thread and without the lock. The C call still exists, and no other code uses it.
  func willRelease(_ measurement: CallMeasurement) {}

  /// Starts a batch.
  ///
  /// - Parameters:
  ///   - batch: The operations, with the data to send.
  ///   - completion: Called once, with the event's success flag, when the batch is done: on a polling thread, or before
  ///     this function returns. Not called when this function throws. Must not block.
  /// - Throws: ``RPCError``, when the metadata is illegal or does not fit, or the call cannot take the batch.
  final func start(_ batch: consuming Batch, completion: @escaping @Sendable (Bool) -> Void) throws(RPCError) {
    let operations = try start(batch) { operations, _ in
      BatchOperation(call: self, operations: operations, completion: completion)
    }
    if let (operations, succeeded) = operations { batchEnded(operations, succeeded: succeeded, completion: completion) }
  }

  /// - Parameter makeOperation: Makes the operation of the tag that C-core gets, under the lock.
  /// - Returns: The operations of the batch and its success flag, if it is done: then C-core does not deliver the tag.
  private func start(
    _ batch: consuming Batch,
    _ makeOperation: (CallOperations, inout State) -> Operation
  ) throws(RPCError) -> (operations: CallOperations, succeeded: Bool)? {
    var batch = batch
    try prepareHeaders(of: &batch)
    var done: (operations: CallOperations, succeeded: Bool)?
    let refusal = state.withLock { state -> RPCError? in
      batch.resolve(after: state.machine.started)
      let operations = batch.operations
      do throws(CallStateMachine.Refusal) {
        try batch.interrupts ? state.machine.interrupt(operations) : state.machine.start(operations)
      } catch {
        return RPCError(refusal: error)
      }
      let operation = makeOperation(operations, &state)
      let tag = unsafe operation.tag()
      let capacity = BatchMemory.largestOperationCount
      let (failure, succeeded) = unsafe withUnsafeTemporaryAllocation(of: grpc_op.self, capacity: capacity) { ops in
        let base = unsafe ops.baseAddress.unsafelyUnwrapped  // Some operations were asked for.
        let count = unsafe memory.fill(base, with: &batch, role: role)
        if operations.contains(.sendMessage) { countSentMessage() }
        return Poller.start(operation) { unsafe grpc_call_start_batch(handle, base, count, tag, nil) }
      }
      done = succeeded.map { (operations, $0) }
      guard failure != GRPC_CALL_OK else { return nil }
      return unsafe recordRefusal(failure, operations, tag, &state)
    }
    if let refusal { throw refusal }
    return done
  }

  /// Converts the metadata of a batch, see ``Batch/prepareHeaders(for:room:)``.
  final func prepareHeaders(of batch: inout Batch) throws(RPCError) {
    try batch.prepareHeaders(for: role, room: limits.sentMetadata)
    if let credentials, batch.initialMetadataSize > 0 {
      credentials.requestMetadataHasSize(batch.initialMetadataSize)
    }
  }

  /// Handles the refusal of a batch by C-core, which poisons the call.
  final func recordRefusal(
    _ failure: grpc_call_error,
    _ operations: CallOperations,
    _ tag: UnsafeMutableRawPointer,
    _ state: inout State
  ) -> RPCError {
    _ = unsafe Operation.take(tag)
    outstandingCalls?.remove(self)
    state.machine.startFailed(operations)
    if state.machine.isCancellable { unsafe grpc_call_cancel(handle, nil) }
    let text = unsafe String(cString: grpc_call_error_to_string(failure))
    let error = RPCError(code: .internalError, message: "C-core refused a batch: \(text)")
    state.failure = error
    return error
  }

  /// Whether cancelling the current task already cancels this call.
  var isCancelledWithCurrentTask: Bool { false }

  /// Cancels the call unless it is over: operations in flight end soon, and the peer sees CANCELLED.
  ///
  /// Callable any number of times, on any thread.
  final func cancel() {
    state.withLock { state in
      guard state.machine.isCancellable else { return }
      state.isCancelledHere = true
      unsafe grpc_call_cancel(handle, nil)
    }
  }

  /// Cancels the call unless it is over, with a status other than CANCELLED.
  final func cancel(with status: Status) {
    state.withLock { state in
      guard state.machine.isCancellable else { return }
      state.isCancelledHere = true
      let code = cgrpc_status_code(Int32(status.code.rawValue))
      // C-core copies the text.
      _ = unsafe status.message.withCString { unsafe grpc_call_cancel_with_status(handle, code, $0, nil) }
    }
  }

  /// Whether this end has cancelled the call before it was over.
  final var isCancelledHere: Bool { state.withLock { $0.isCancelledHere } }

  /// Whether the call has a deadline that has passed, as far as this end knows.
  var deadlineHasPassed: Bool { false }

  /// Handles the end of a server's call, which C-core has reported.
  ///
  /// Called once, with the call's lock, while the C call exists.
  ///
  /// - Parameters:
  ///   - wasCancelledByClient: Whether the client cancelled the call, or disconnected, before anything was sent to it.
  ///   - wasAnswered: Whether the status was sent.
  func serverCallEnded(wasCancelledByClient: Bool, wasAnswered: Bool) {}

  /// Returns the status of a call that C-core could not make, with an explanation of its text.
  func explaining(_ status: Status) -> Status { status }

  /// Whether C-core has reported that the call is over.
  final var isOver: Bool { state.withLock { $0.machine.isOver } }

  /// Releases the C call as soon as nothing is in flight; nothing can be started from now on.
  ///
  /// A task that waits for a client's message to be sent waits no longer. C-core 1.51 can lose the tag of such a
  /// message: if a transparent retry still sends earlier data, the message stays with the retry filter, should the call
  /// be committed then. Such a call keeps its memory, and its queue.
  final func close() {
    let (released, sender) = unsafe state.withLock { state in
      unsafe (
        state.machine.close() ? state.queue.take() : nil,
        role == .client ? state.messages.sending.end(succeeded: false) : nil
      )
    }
    release(released)
    unsafe sender?.resume(returning: false)
  }

  /// Handles the tag of the batch that ends the call.
  override final func complete(succeeded: Bool) {
    outstandingCalls?.remove(self)
    let (released, waiter) = unsafe state.withLock { state in
      if case .askedFor = state.secondMessage {
        // The end of the second message ends the call.
        state.last.isDone = true
        return unsafe (nil as CompletionQueue?, nil as UnsafeContinuation<RPCError?, Never>?)
      }
      collect(state.last.operations, &state)
      // The observers of a client's call still read from it.
      let isReleased =
        state.machine.finish(state.last.operations) || !(role == .client && measurement != nil) && state.machine.close()
      return unsafe (isReleased ? state.queue.take() : nil, state.last.waiter.take())
    }
    release(released)
    guard let waiter = unsafe waiter else { return }
    resuming { unsafe waiter.resume(returning: nil) }
  }

  /// Handles the tag of another batch.
  fileprivate func batchEnded(_ operations: CallOperations, succeeded: Bool, completion: @Sendable (Bool) -> Void) {
    let released = state.withLock { state in
      if succeeded, operations.contains(.sendInitialMetadata) { state.hasSentInitialMetadata = true }
      collect(operations, &state)
      return state.machine.finish(operations) ? state.queue.take() : nil
    }
    resuming { completion(succeeded) }
    release(released)
  }

  /// Calls a function that resumes the tasks that wait for the call.
  final func resuming(_ body: () -> Void) {
    if resumesOnPollers { Poller.resumingHere(body) } else { body() }
  }

  /// Releases the C call.
  ///
  /// - Parameter queue: The queue that was held as long as batches could start; `nil` if it is not time yet.
  final func release(_ queue: consuming CompletionQueue?) {
    guard let held = consume queue else { return }
    if let measurement { willRelease(measurement) }
    unsafe grpc_call_unref(handle)
    // Released without the lock: this may be the queue's last holder.
    _ = consume held
    credentials?.release()
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
    call.batchEnded(operations, succeeded: succeeded, completion: completion)
  }
}

extension RPCError {
  init(refusal: CallStateMachine.Refusal) {
    switch refusal {
    case .closed:
      self.init(code: .cancelled, message: "the call has ended")
    case .poisoned:
      self.init(code: .internalError, message: "C-core refused an earlier operation of this call")
    case .busy(let operations):
      self.init(code: .internalError, message: "the call is already doing this: \(operations)")
    case .repeated(let operations):
      self.init(code: .internalError, message: "the call has already done this: \(operations)")
    case .outOfOrder:
      let message = "a message can be sent only after the initial metadata, and before the end of the sender's stream"
      self.init(code: .internalError, message: message)
    case .wrongRole:
      self.init(code: .internalError, message: "only the client receives initial metadata")
    case .empty:
      self.init(code: .internalError, message: "the batch has no operation")
    }
  }
}
