import CConcurrency
import Synchronization

/// A call on the server, which receives the request, runs the handler in a task, and sends the reply.
///
/// Receive-close in a batch of its own lets the handler learn immediately when the client disconnects. It costs a tenth
/// of a call, and a handler does not need it that ends before its thread has finished the event. So on pollers the
/// batch starts when the event is finished, for the handlers that still run.
@usableFromInline
final class ServerCall: Call, BegunCall, @unchecked Sendable {
  // Unchecked as its superclass is; its own properties are Sendable.

  private enum Handling: Sendable {
    case notStarted
    /// The handler runs in a new task, which is being created.
    case starting
    /// The handler runs in a task that serves another call afterwards.
    case running
    /// The call was cancelled before the handler started, or while it ran. Its task is cancelled, and serves no other
    /// call.
    case cancelled(RPCCancellation.Reason, peer: String?)
    case ended
  }

  private struct Handler {
    var handling = Handling.notStarted
    /// The task while the handler starts or runs: not within `handling`, which would keep it with bits of its own
    /// added, so that LeakSanitizer does not find it in a program that ends meanwhile.
    var task: HandlerTask?
    /// The object that tells the handler of the cancellation, once the handler has asked for it.
    var cancellation: RPCCancellation?
    /// The functions that interceptors have the call's end call.
    var endClosures: [@Sendable (borrowing EndedServerCall) -> Void] = []
    /// Whether a call that interceptors follow is over.
    var isReleased = false
  }

  private let core: ServerCore
  private let route: Route?
  private let deadlineBox: Deadline?
  private let cancellationExcuse: CancellationExcuse
  /// Whether the server's ``CancellationTally`` counts the call as one in progress.
  private let isCounted = Atomic(false)
  private let handler = Locked(Handler())

  /// The call that the current task serves, where it is bound to it: see ``withDeadline(_:)``.
  @TaskLocal private static var bound: ServerCall?

  /// The time at which the server ends the call unless it is over: its deadline, or the end of its connection's grace
  /// period.
  private let end: (time: UInt64, isByAge: Bool)?
  /// Whether the server has ended the call, or is about to, because its connection is too old.
  private let isEndedByAge = Atomic(false)

  /// Whether the call is checked for a second message.
  ///
  /// Only the code that serves the call uses this: a completion or, after `begin`, a task.
  private var isInspected = false

  /// The address of the task that runs the handler of a stream; zero before and afterwards.
  private let handlerTaskAddress = Atomic<UInt>(0)

  /// A synchronization for ThreadSanitizer, which cannot see that of the concurrency runtime when a call resumes a
  /// task.
  private let isHandedToTask = Atomic(false)

  /// - Parameters:
  ///   - route: The method that was called; `nil` if the server does not have it.
  ///   - measurement: The counts of the call, if observers or interceptors follow it.
  init(takenFrom slot: borrowing CallSlot, route: Route?, core: ServerCore, measurement: CallMeasurement? = nil) {
    self.core = core
    self.route = route
    let timeout = slot.timeout
    self.deadlineBox = timeout.map { Deadline(ofCallerIn: $0) }
    self.cancellationExcuse = CancellationExcuse(timeout: timeout)
    let deadlineEnd = timeout.map(ServerDeadlines.end)
    let ageEnd = core.connectionAges.flatMap { slot.end(by: $0) }
    self.end =
      switch (deadlineEnd, ageEnd) {
      case (let deadlineEnd?, let ageEnd?) where deadlineEnd <= ageEnd: (deadlineEnd, false)
      case (let deadlineEnd?, nil): (deadlineEnd, false)
      case (_, let ageEnd?): (ageEnd, true)
      case (nil, nil): nil
      }
    super.init(takenFrom: slot, measurement: measurement)
  }

  /// Begins to look for the end of the call by its deadline or its connection's age: once the server knows the call.
  func keepDeadline() { if let end { ServerDeadlines.shared.insert(self, at: end.time) } }

  deinit {
    // Nothing is in flight, as an operation in flight would hold this object.
    close()
  }

  /// The method, if a full server takes its calls, too.
  var essentialMethod: EssentialMethod? { route?.essential }

  /// The method that was called; `nil` if the server does not have it.
  var method: MethodDescriptor? { route?.descriptor }

  /// The path that was called, of a call that observers or interceptors follow.
  var path: String? { route?.descriptor.path ?? measurement?.unknownPath }

  /// The client's address, for ``willRelease(_:)``.
  var peerBeforeRelease: String? { peerOfExistingCall }

  /// Adds a function for the end of a call that interceptors follow.
  ///
  /// It runs where observers do: see ``ServerCallObserver``; for a call that is over, immediately.
  ///
  /// - Returns: Whether the call calls it.
  func onEnd(_ body: @escaping @Sendable (borrowing EndedServerCall) -> Void) -> Bool {
    guard route?.isIntercepted == true, let measurement else { return false }
    let isOver = handler.withLock { handler in
      if !handler.isReleased { handler.endClosures.append(body) }
      return handler.isReleased
    }
    if isOver { body(EndedServerCall(of: self, measurement, code: code(measurement))) }
    return true
  }

  override func willRelease(_ measurement: CallMeasurement) {
    let closures = route?.isIntercepted == true ? takeEndClosures() : []
    let observer = core.observer(of: route)
    if closures.isEmpty, observer == nil { return }
    let call = EndedServerCall(of: self, measurement, code: code(measurement))
    observer?.callEnded(call)
    for closure in closures { closure(call) }
  }

  private func takeEndClosures() -> [@Sendable (borrowing EndedServerCall) -> Void] {
    handler.withLock { handler in
      handler.isReleased = true
      defer { handler.endClosures = [] }
      return handler.endClosures
    }
  }

  /// The code of a call that is over.
  private func code(_ measurement: CallMeasurement) -> Status.Code {
    let (isInterrupted, isPoisoned, isOver) = state.withLock {
      ($0.machine.isInterrupted, $0.failure != nil, $0.machine.isOver)
    }
    // The statuses with which a server ends a call in its handler's place.
    if isInterrupted { return .unavailable }
    if isOver, !wasCancelled, let code = measurement.code { return code }
    if isPoisoned { return .internalError }
    return switch reasonOfEnd {
    case .connectionAge, .serverShutdown: .unavailable
    case .deadlineExceeded: .deadlineExceeded
    default: .cancelled
    }
  }

  override func didRelease() {
    if end != nil { ServerDeadlines.shared.remove(self) }
    core.released(self)
  }

  /// Counts the call with the tally of cancelled calls, before any operation starts on it.
  func count(by tally: CancellationTally, isCrowded: Bool) {
    guard tally.isWatching || isCrowded, let connection else { return }
    if tally.began(on: connection, isCrowded: isCrowded, peer: { peer }) { isCounted.store(true, ordering: .relaxed) }
  }

  override func serverCallEnded(wasCancelledByClient: Bool, wasAnswered: Bool) {
    let isCounted = isCounted.load(ordering: .relaxed)
    if wasAnswered, !isCounted, core.cancellations?.isWatching != true { return }
    guard let tally = core.cancellations else { return }
    if isCounted, let connection = connectionWithLock { tally.ended(on: connection) }
    if wasAnswered {
      guard tally.isWatching, let connection = connectionWithLock else { return }
      tally.answered(on: connection)
    } else if wasCancelledByClient, !cancellationExcuse.applies(deadlineBox) {
      guard let connection = connectionWithLock else { return }
      tally.cancelled(on: connection)
    }
  }

  /// The call's index in ``LiveServerCalls``, which alone uses it, under the server's lock.
  var liveIndex = -1

  /// The call's index in ``ServerDeadlines``, which alone uses it, under its lock.
  var deadlineIndex = -1

  private static let statusOfDeadline = Status(code: .deadlineExceeded, message: "Deadline Exceeded")
  private static let statusOfAge = Status(code: .unavailable, message: "the connection has reached its maximum age")

  /// Makes a poller end the call unless it is over, at its deadline or at the end of its connection's grace period.
  ///
  /// The caller serves all calls of the process. So it waits neither for this call's lock nor for C-core, in which a
  /// peer may keep a thread busy. A poller that is kept busy is relieved.
  func endWhenDue() {
    let isByAge = end?.isByAge == true
    core.whenPolled { [self] in
      guard isByAge else { return cancel(with: Self.statusOfDeadline) }
      isEndedByAge.store(true, ordering: .relaxed)
      if isSending { return interrupt(with: Self.statusOfAge) }
      // After the calls that send, see `isSending`.
      core.whenPolled { [self] in interrupt(with: Self.statusOfAge) }
    }
  }

  /// Ends the call in its handler's place, unless it is over.
  ///
  /// Sends a status where possible: C-core closes a connection that has been told of a shutdown (GOAWAY) with its last
  /// stream, and then the cancellation of this stream is lost.
  func interrupt(with status: Status) {
    do throws(RPCError) {
      try start(Batch(interruptingWith: status)) { [self] _ in over() }
    } catch {
      cancel(with: status)
    }
  }

  /// The context that the handler gets.
  @usableFromInline var context: ServerContext { ServerContext(call: self) }

  /// The method that was called, of a call that is served.
  @usableFromInline var descriptor: MethodDescriptor {
    guard let route else { preconditionFailure("the call has no method") }
    return route.descriptor
  }

  /// The time at which the caller stops waiting; `nil` if it set no deadline.
  var deadline: ContinuousClock.Instant? { deadlineBox?.instant }

  /// The object that tells the handler of the cancellation, made when the handler first asks for it.
  var cancellation: RPCCancellation {
    if let cancellation = handler.withLock({ $0.cancellation }) { return cancellation }
    // Not the route: its handler may keep the object that is made here.
    let new = RPCCancellation { [executor = core.cancellationExecutor(of: route)] body in
      Task(executorPreference: executor) { body() }
    }
    let (other, reason) = handler.withLock { handler -> (RPCCancellation?, RPCCancellation.Reason?) in
      if let other = handler.cancellation { return (other, nil) }
      handler.cancellation = new
      return if case .cancelled(let reason, _) = handler.handling { (nil, reason) } else { (nil, nil) }
    }
    if let other { return other }
    if let reason { new.cancel(for: reason) }
    core.shutdownSignal.add(new)
    return new
  }

  /// The client's address, even after it has disconnected while the handler runs; `nil` when the handler has ended.
  var remotePeer: String? {
    peer ?? handler.withLock { if case .cancelled(_, let peer) = $0.handling { peer } else { nil } }
  }

  /// The address at which the client has reached the server; `nil` once the connection is gone.
  var localPeer: String? { peer.flatMap { core.localPeer(ofConnectionFrom: $0) } }

  /// The call that the current task serves, as far as the task can tell: see
  /// ``withRPCCancellationHandler(operation:onCancelRPC:)``.
  static var current: ServerCall? { bound ?? HandlerSlot.current?.callOfCurrentTask }

  /// The deadline of the call that the current task serves, if it has one.
  static var currentDeadline: Deadline? { bound?.deadlineBox }

  /// The metadata that the client sent.
  @usableFromInline var metadata: Metadata { receivedInitialMetadata }

  /// Takes the message that came with the call.
  ///
  /// Callable once.
  @usableFromInline
  func takeMessage() throws(RPCError) -> MessageBuffer {
    guard let message = try takeReceivedMessage() else { preconditionFailure("the call has no request message") }
    return message
  }

  // MARK: Handling

  /// Watches for the end of the call, to cancel the handler when the client disconnects.
  func watch() {
    guard !hasStarted(.receiveClose) else { return }
    var close = Batch()
    close.receive(.receiveClose)
    // Refused when the reply has started it meanwhile, or the call is over: then there is no handler to cancel.
    try? start(close) { [self] _ in over() }
  }

  /// Handles the end of the call that C-core reports.
  private func over() { if wasCancelled { cancelHandler() } }

  /// Whether the call should have come with a message and has none.
  var lacksMessage: Bool { route?.startsWithMessage == true && !hasReceivedMessage }

  /// Ends a call that lacks its message.
  func endWithoutMessage() {
    if failedBeforeReceivingMessage {
      // Usually the stream is closed. Then C-core reports that immediately, and a reply would end the stream twice.
      watch()
      if isOver { return close() }
    }
    // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: request cardinality violation.
    let message = "\(descriptor) takes one request message, but the client sent none"
    refuse(.missingMessage, with: RPCError(code: .unimplemented, message: message))
  }

  /// Returns whether the client has sent two messages where the method takes one.
  ///
  /// Called once, before the handler runs. A client that has not ended its stream may still send a second message.
  func hasSecondMessage(inspecting route: Route) -> Bool {
    guard route.startsWithMessage, route.inspection.inspectsNextCall() else { return false }
    isInspected = true
    askForSecondMessage()
    return hasReceivedSecondMessage
  }

  /// Ends a call with two messages.
  ///
  /// - Parameter isHandled: Whether a handler got the first one.
  func refuseSecondMessage(isHandled: Bool) {
    isInspected = false
    route?.inspection.foundSecondMessage()
    // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: request cardinality violation.
    let message = "\(descriptor) takes one request message, but the client sent several"
    let error = RPCError(code: .unimplemented, message: message)
    if isHandled { refuse(with: Status(error)) } else { refuse(.severalMessages, with: error) }
  }

  /// Ends the call with a status alone.
  func refuse(with status: Status) { reply(UnaryReply(status: status)) }

  /// Hands the call to a task, which serves it.
  ///
  /// - Parameter idle: The task; `nil` for a new one.
  /// - Returns: Whether the task got the call; `false` if the call was cancelled before.
  func begin(in idle: HandlerTask?) -> Bool {
    guard let idle else { return beginInNewTask() }
    let isBegun = handler.withLock { handler in
      guard case .notStarted = handler.handling else { return false }
      handler.handling = .running
      handler.task = idle
      return true
    }
    guard isBegun else { return false }
    isHandedToTask.store(true, ordering: .releasing)
    idle.resume(serving: self)
    return true
  }

  private func beginInNewTask() -> Bool {
    guard let route else { preconditionFailure("the call has no method") }
    let handlerTask = HandlerTask(serving: self, of: route, core: core)
    let isBegun = handler.withLock { handler in
      guard case .notStarted = handler.handling else { return false }
      handler.handling = .starting
      handler.task = handlerTask
      return true
    }
    guard isBegun else { return false }
    isHandedToTask.store(true, ordering: .releasing)
    // Without the lock: an executor of the program may run the task before this function returns it, even to the
    // handler's end.
    let task = handlerTask.make(for: self, on: core.executor(of: route))
    let isCancelled = handler.withLock { handler in
      switch handler.handling {
      case .starting:
        handlerTask.isMade(task)
        handler.handling = .running
      case .cancelled:
        handlerTask.isMade(task)
        return true
      case .notStarted, .running, .ended: break
      }
      return false
    }
    if isCancelled { cancelTask(handlerTask, for: nil) }
    return true
  }

  /// Makes a task that runs a part of the handler where the handler runs.
  func startHandlerTask<Success: Sendable>(
    _ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Success
  ) -> Task<Success, any Error> {
    guard let route else { preconditionFailure("the call has no method") }
    return Task(executorPreference: core.executor(of: route)) { try await body() }
  }

  /// Acquires the call in its task, before any other use there.
  @usableFromInline
  func takeOver() { _ = isHandedToTask.load(ordering: .acquiring) }

  /// Records that the current task is about to run the handler.
  @usableFromInline
  func bindToCurrentTask() {
    unsafe handlerTaskAddress.store(UInt(bitPattern: cconcurrency_current_task()), ordering: .relaxed)
  }

  /// Whether the current task is the handler's.
  ///
  /// Only this call cancels that task, when the call is over: see `cancelHandler()`. So a wait for a message there need
  /// not observe the task's cancellation, which would take longer than many a message. A child task is a different
  /// task.
  override var isCancelledWithCurrentTask: Bool {
    unsafe handlerTaskAddress.load(ordering: .relaxed) == UInt(bitPattern: cconcurrency_current_task())
  }

  /// Whether the caller set a deadline.
  @usableFromInline var hasDeadline: Bool { deadlineBox != nil }

  /// Runs a function whose own calls end with this one's deadline, if it has one, and whose tasks find this call.
  @usableFromInline
  nonisolated(nonsending) func withDeadline<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await Self.$bound.withValue(self) { try await body() }
  }

  /// Ends the handling after the handler has ended, in its task.
  ///
  /// - Returns: The task, which waits for another call; `nil` if it ends.
  @usableFromInline
  func handlerEnded() -> HandlerTask? {
    handlerTaskAddress.store(0, ordering: .relaxed)
    let task = handler.withLock { handler -> HandlerTask? in
      switch handler.handling {
      case .running:
        handler.handling = .ended
        return handler.task.take()
      case .starting:
        // The function that creates the task does not have it yet, so the task serves no other call.
        handler.handling = .ended
        handler.task = nil
        return nil
      case .notStarted, .cancelled, .ended: return nil
      }
    }
    task?.endServing()
    // A handler can also cancel its task itself.
    guard let task, !Task.isCancelled else {
      core.handlerEnded(of: essentialMethod)
      return nil
    }
    return task
  }

  /// Sends the rest of the response.
  ///
  /// Called once, when the handler has ended.
  @usableFromInline
  func reply(_ reply: consuming UnaryReply) {
    if isInspected, hasReceivedSecondMessage { return refuseSecondMessage(isHandled: true) }
    if let measurement { measurement.code = reply.batch.status.code }
    do throws(RPCError) {
      try end(with: reply.batch)
    } catch {
      guard let failure = metadataFailure(error) else {
        // The client has disconnected, and does not wait for the reply.
        return close()
      }
      refuse(with: Status(failure))
    }
  }

  /// Returns the error of a call whose handler set metadata that cannot be sent; `nil` if `error` has another cause.
  ///
  /// Also logs it: the mistake is that of the handler's author, not the client's.
  func metadataFailure(_ error: RPCError) -> RPCError? {
    let problem: String
    switch error.code {
    case .invalidArgument: problem = "illegal \(error.message)"
    case .resourceExhausted: problem = error.message
    default: return nil
    }
    let message = "the handler's response has \(problem)"
    CoreGRPCLog.report(.error) { CoreGRPCLog.Event(level: .error, message: message, method: route?.descriptor) }
    return RPCError(code: .internalError, message: message)
  }

  /// The reason for which a call is over whose status has not been sent.
  private var reasonOfEnd: RPCCancellation.Reason {
    if isEndedByAge.load(ordering: .relaxed) { return .connectionAge }
    if deadlineBox?.isOver == true { return .deadlineExceeded }
    return core.hasGracePeriodEnded ? .serverShutdown : .clientCancelled
  }

  /// The error that a handler gets when it receives or sends after the end of the call.
  @usableFromInline var errorOfEnd: RPCError {
    deadlineBox?.isOver == true
      ? RPCError(code: .deadlineExceeded, message: "the call's deadline has passed") : .clientDisconnected
  }

  /// Ends the call without passing its request to a handler.
  @usableFromInline
  func refuse(_ reason: RefusedCall.Reason, with error: RPCError) {
    core.report(reason, call: self, path: descriptor.path, status: Status(error))
    reply(UnaryReply(error))
  }

  /// Cancels the handler: the client cancelled or disconnected, the deadline passed, or the server stops.
  private func cancelHandler() {
    let reason = reasonOfEnd
    let peer = peer
    let task = handler.withLock { handler -> HandlerTask? in
      switch handler.handling {
      case .notStarted, .starting:
        handler.handling = .cancelled(reason, peer: peer)
        handler.task = nil
        return nil
      case .running:
        handler.handling = .cancelled(reason, peer: peer)
        return handler.task.take()
      case .cancelled, .ended:
        return nil
      }
    }
    // A handler that ignores its cancellation must not keep the server from stopping. The task's pending operations in
    // the call have ended: C-core closes the stream before it reports the end.
    close()
    cancelTask(task, for: reason)
  }

  /// Cancels the handler's task, and tells the handler the reason.
  ///
  /// This runs cancellation handlers of the program, which may block.
  private func cancelTask(_ task: HandlerTask?, for reason: RPCCancellation.Reason?) {
    let cancellation = handler.withLock { $0.cancellation }
    guard task != nil || cancellation != nil else { return }
    Poller.afterEvent(route.map { core.placements[$0.index].cancellations }) {
      if let reason { cancellation?.cancel(for: reason) }
      task?.cancel()
    }
  }
}
