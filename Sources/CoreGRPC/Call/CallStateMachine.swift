/// The operations of a call in flight and done, and the release of its C object: the rules of `grpc.h` as a value.
///
/// It calls no C function. Its owner asks it before every step, under the call's lock, and carries out its answers.
struct CallStateMachine: Sendable, Hashable {
  /// The reasons for which a batch must not be started.
  enum Refusal: Error, Sendable, Hashable {
    /// The call was closed here; its C object may be gone.
    case closed
    /// C-core refused an earlier batch, after which nothing on the call can be relied on.
    case poisoned
    /// A batch in flight has one of the slots.
    case busy(CallOperations)
    /// An operation of which a call has one was started before.
    case repeated(CallOperations)
    /// A message before the initial metadata, or after the half-close or status.
    case outOfOrder
    /// The other end's operation.
    case wrongRole
    /// A batch must have an operation.
    case empty
  }

  private enum Phase: Sendable, Hashable {
    case open
    /// Nothing new may start; the C object is released when nothing is in flight any more.
    case closing
    case released
  }

  private let role: CallRole
  private var phase = Phase.open
  private var isPoisoned = false
  /// The slots in flight.
  ///
  /// No two batches share one, so it is empty exactly when no batch is in flight.
  private(set) var inFlight: CallOperations = []
  /// The operations that were ever started.
  private(set) var started: CallOperations = []
  /// Whether C-core has reported that the call is over: its stream is closed.
  private(set) var isOver = false

  /// Whether the server has ended the call in its handler's place.
  private(set) var isInterrupted = false

  init(role: CallRole) { self.role = role }

  /// Whether the C object may be used: to cancel, to ask for the peer.
  var isUsable: Bool { phase != .released }

  var isReleased: Bool { phase == .released }

  /// Whether the call may be cancelled: not when it is over, or about to be.
  ///
  /// A server of C-core 1.51 that cancels a call whose stream is closed ends that stream once more. Those frames break
  /// the rules of HTTP/2 (RFC 9113, section 5.1), and proxies end the connection for them.
  var isCancellable: Bool { isUsable && !isOver && !isInterrupted }

  /// Records that a batch is about to start.
  mutating func start(_ operations: CallOperations) throws(Refusal) {
    if operations.isEmpty { throw .empty }
    if phase != .open { throw .closed }
    // A server of C-core 1.51 that cannot send, because the stream is closed, ends the stream once more.
    if role == .server, isOver || isInterrupted, !operations.isDisjoint(with: .sends) { throw .closed }
    if isPoisoned { throw .poisoned }
    if role == .server && operations.contains(.receiveInitialMetadata) { throw .wrongRole }
    let busy = operations.intersection(inFlight)
    if !busy.isEmpty { throw .busy(busy) }
    let repeated = operations.intersection(started).subtracting(.repeatable)
    if !repeated.isEmpty { throw .repeated(repeated) }
    if operations.contains(.sendMessage) {
      let begun = started.union(operations).contains(.sendInitialMetadata)
      if !begun || started.contains(.sendClose) { throw .outOfOrder }
    }
    inFlight.formUnion(operations)
    started.formUnion(operations)
  }

  /// Records that a batch is about to start that ends the call in its handler's place.
  ///
  /// Refused while the handler sends something: a status waits for that, and the client may not let it pass.
  mutating func interrupt(_ operations: CallOperations) throws(Refusal) {
    let busy = inFlight.intersection(.sends)
    if !busy.isEmpty { throw .busy(busy) }
    try start(operations)
    isInterrupted = true
  }

  /// Takes back the batch that was just started and that C-core refused: no tag will come for it.
  mutating func startFailed(_ operations: CallOperations) {
    inFlight.subtract(operations)
    isPoisoned = true
  }

  /// Handles the tag of a batch.
  ///
  /// - Returns: Whether the C object must be released now.
  mutating func finish(_ operations: CallOperations) -> Bool {
    assert(inFlight.isSuperset(of: operations), "a tag for a batch that is not in flight")
    inFlight.subtract(operations)
    if operations.contains(.receiveClose) { isOver = true }
    return releaseIfDue()
  }

  /// Closes the call: no batch will start on it again.
  ///
  /// - Returns: Whether the C object must be released now.
  mutating func close() -> Bool {
    if phase == .open { phase = .closing }
    return releaseIfDue()
  }

  private mutating func releaseIfDue() -> Bool {
    guard phase == .closing, inFlight.isEmpty else { return false }
    phase = .released
    return true
  }
}
