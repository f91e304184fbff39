import CConcurrency
import Synchronization

/// One call on the server: receives the request, runs the handler in a task, sends the reply.
///
/// Receive-close in a batch of its own lets the handler learn at once when the client goes. It costs a tenth of a call, and no
/// handler needs it that is done when the thread which began it has come to the end of the event. So on pollers it
/// is started then, for the others.
@usableFromInline
final class ServerCall: Call, BegunCall, @unchecked Sendable {
  // Unchecked as its superclass is; what is added is Sendable.

  private enum Handling: Sendable {
    case notStarted
    /// In a new task, which is being made, in a lane or on the server's own executor.
    case starting(HandlerLane?)
    /// In a task that serves another call afterwards, in a lane or on the server's own executor.
    case running(Task<Void, Never>, HandlerLane?, HandlerSlot)
    /// The client went before the handler was started, or while it ran: its task has been cancelled, and serves no other call.
    case cancelled(RPCCancellation.Reason)
    case ended
  }

  private let core: ServerCore
  private let route: Route?
  private let deadlineBox: Deadline?
  private let handling = Locked(Handling.notStarted)
  private let cancellationIfMade = Locked<RPCCancellation?>(nil)

  /// The call that the current task serves, where it is bound to it: see ``withDeadline(_:)``.
  @TaskLocal private static var bound: ServerCall?

  /// The address of the task that runs the handler of a stream; zero before and afterwards.
  private let handlerTaskAddress = Atomic<UInt>(0)

  /// Pairs with what the concurrency runtime does when a call resumes a task, which ThreadSanitizer cannot see.
  private let isHandedToTask = Atomic(false)

  /// - Parameter route: The method that was called; `nil` if there is no such one.
  init(takenFrom slot: CallSlot, route: Route?, core: ServerCore) {
    self.core = core
    self.route = route
    let timeout = slot.timeout
    self.deadlineBox = timeout.map { Deadline(ofCallerIn: $0) }
    super.init(takenFrom: slot)
    if let timeout { ServerDeadlines.shared.insert(self, after: timeout) }
  }

  deinit {
    // Nothing is in flight, as an operation in flight would hold this object.
    close()
  }

  override func didRelease() {
    if hasDeadline { ServerDeadlines.shared.remove(self) }
    core.callReleased()
  }

  /// Where ``ServerDeadlines`` has the call: for it alone, under its lock.
  var deadlineIndex = -1

  /// The deadline has come: cancels the call unless it is over.
  func deadlineCame() { cancel(with: Status(code: .deadlineExceeded, message: "Deadline Exceeded")) }

  /// What the handler may want to know about the call.
  @usableFromInline var context: ServerContext { ServerContext(call: self) }

  /// The method that was called, of a call that is served.
  @usableFromInline var descriptor: MethodDescriptor {
    guard let route else { preconditionFailure("a call without a method is not served") }
    return route.descriptor
  }

  /// When the caller stops waiting; `nil` if it set no deadline.
  var deadline: ContinuousClock.Instant? { deadlineBox?.instant }

  /// What tells the handler that the call is cancelled: made when it first asks.
  var cancellation: RPCCancellation {
    let (cancellation, isNew) = cancellationIfMade.withLock { cancellation in
      if let cancellation { return (cancellation, false) }
      let made = RPCCancellation(executor: core.handlerExecutor)
      cancellation = made
      return (made, true)
    }
    guard isNew else { return cancellation }
    // What cancels the call says so first and looks for the object then, so one of the two sees the other.
    if let reason = handling.withLock({ if case .cancelled(let reason) = $0 { reason } else { nil } }) {
      cancellation.cancel(for: reason)
    }
    core.shutdownSignal.add(cancellation)
    return cancellation
  }

  /// The call that the current task serves, as far as the task can tell: see ``withRPCCancellationHandler(operation:onCancelRPC:)``.
  static var current: ServerCall? { bound ?? HandlerSlot.current?.callOfCurrentTask }

  /// The deadline of the call that the current task serves, if it has one.
  static var currentDeadline: Deadline? { bound?.deadlineBox }

  /// The metadata that the client sent.
  @usableFromInline var metadata: Metadata { receivedInitialMetadata }

  /// Takes the message that the call came with: once.
  @usableFromInline
  func takeMessage() throws(RPCError) -> MessageBuffer {
    guard let message = try takeReceivedMessage() else { preconditionFailure("a request is taken once") }
    return message
  }

  // MARK: Handling

  /// Has the handler cancelled when the client goes.
  func watch() {
    guard !hasStarted(.receiveClose) else { return }
    var close = Batch()
    close.receive(.receiveClose)
    // Refused when the reply has started it meanwhile, or the call is over: then there is nobody to tell.
    try? start(close) { [self] _ in
      // Cancelling a task runs the cancellation handlers of the program, which may block.
      if wasCancelled { PollerThread.afterEvent { [self] in clientWent() } }
    }
  }

  /// Whether a message that the call should have come with is missing.
  var lacksMessage: Bool { route?.startsWithMessage == true && !hasReceivedMessage }

  /// Ends a call that lacks its message.
  func endWithoutMessage() {
    if failedBeforeReceivingMessage {
      // As a rule the stream is closed. Then C-core says so at once, and a reply would end it twice.
      watch()
      if isOver { return close() }
    }
    // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: request cardinality violation.
    let message = "\(descriptor) takes one request message, and none came"
    refuse(.missingMessage, with: RPCError(code: .unimplemented, message: message))
  }

  /// Ends the call with a status alone.
  func refuse(with status: Status) { reply(UnaryReply(status: status)) }

  /// Gives the call to a task, which serves it.
  ///
  /// - Parameters:
  ///   - idle: The task; `nil` for a new one.
  ///   - lane: The lane of the method; `nil` if its handlers run on the server's own executor.
  ///   - executor: The server's own executor, for a new task; `nil` for Swift's pool.
  /// - Returns: Whether it did: not if the client went before.
  func begin(in idle: IdleHandlerTask?, lane: HandlerLane?, executor: (any TaskExecutor)?) -> Bool {
    guard let route else { preconditionFailure("a call without a method is not served") }
    let isBegun = handling.withLock { handling in
      guard case .notStarted = handling else { return false }
      handling = idle.map { .running($0.task, lane, $0.slot) } ?? .starting(lane)
      return true
    }
    guard isBegun else { return false }
    idle?.slot.serve(self)
    isHandedToTask.store(true, ordering: .releasing)
    if let idle { idle.continuation.resume(returning: self) } else { startTask(route, on: lane ?? executor) }
    return true
  }

  /// Makes a task that serves the call.
  ///
  /// Without the lock: an executor of the program may run the task before it is returned here, and even until the handler has
  /// ended.
  private func startTask(_ route: Route, on executor: (any TaskExecutor)?) {
    let slot = HandlerSlot(serving: self)
    let task = Task(executorPreference: executor) { [self, core] in
      await slot.run {
        let task = UInt(bitPattern: cconcurrency_current_task())
        core.placements.began(task, route)
        await core.runHandlerTask { [self] in await route.serve(self) }
        core.placements.ended(task)
      }
    }
    let isCancelled = handling.withLock { handling in
      switch handling {
      case .starting(let lane): handling = .running(task, lane, slot)
      case .cancelled: return true
      case .notStarted, .running, .ended: break
      }
      return false
    }
    if isCancelled { task.cancel() }
  }

  /// Makes a task that runs a part of the handler where the handler runs.
  func startHandlerTask<Success: Sendable>(
    _ body: nonisolated(nonsending) @escaping @Sendable () async throws -> Success
  ) -> Task<Success, any Error> {
    guard let route else { preconditionFailure("a call without a method is not served") }
    let lane = handling.withLock { handling in
      switch handling {
      case .starting(let lane), .running(_, let lane, _): lane
      case .notStarted, .cancelled, .ended: nil as HandlerLane?
      }
    }
    return Task(executorPreference: lane ?? core.executor) { [placements = core.placements] in
      let task = UInt(bitPattern: cconcurrency_current_task())
      placements.began(task, route)
      defer { placements.ended(task) }
      return try await body()
    }
  }

  /// The call has come to its task: called there, first of all.
  @usableFromInline
  func takeOver() { _ = isHandedToTask.load(ordering: .acquiring) }

  /// The handler is about to run, in the current task.
  @usableFromInline
  func bindToCurrentTask() {
    handlerTaskAddress.store(UInt(bitPattern: cconcurrency_current_task()), ordering: .relaxed)
  }

  /// Whether the current task is the handler's, which only this call cancels, when it is over: see `clientWent()`.
  ///
  /// So what waits for a message there need not learn of it from the task, which would take longer than many a message. A child
  /// task is another one.
  override var isCancelledWithCurrentTask: Bool {
    handlerTaskAddress.load(ordering: .relaxed) == UInt(bitPattern: cconcurrency_current_task())
  }

  /// Whether the caller stops waiting at some time.
  @usableFromInline var hasDeadline: Bool { deadlineBox != nil }

  /// Runs a function whose own calls end with this one's deadline, if it has one, and whose tasks find this call.
  @usableFromInline
  nonisolated(nonsending) func withDeadline<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await Self.$bound.withValue(self) { try await body() }
  }

  /// The handler has ended: in its task.
  ///
  /// - Returns: What waits for another call; `nil` if the task ends.
  @usableFromInline
  func handlerEnded() -> HandlerTask? {
    handlerTaskAddress.store(0, ordering: .relaxed)
    let served = handling.withLock { handling -> (task: Task<Void, Never>, lane: HandlerLane?, slot: HandlerSlot)? in
      switch handling {
      case .running(let task, let lane, let slot):
        handling = .ended
        return (task, lane, slot)
      case .starting:
        // The function that made the task does not have it yet: it serves no other call.
        handling = .ended
        return nil
      case .notStarted, .cancelled, .ended: return nil
      }
    }
    served?.slot.serve(nil)
    // A handler can also cancel its task itself.
    guard let route, let served, !Task.isCancelled else {
      core.handlerEnded()
      return nil
    }
    return HandlerTask(task: served.task, lane: served.lane, slot: served.slot, route: route, core: core)
  }

  /// Sends what is left to send: once, when the handler has ended.
  @usableFromInline
  func reply(_ reply: consuming UnaryReply) {
    do throws(RPCError) {
      try end(with: reply.batch)
    } catch {
      guard let failure = metadataFailure(error) else {
        // The client is gone, and nobody waits for the reply.
        return close()
      }
      refuse(with: Status(failure))
    }
  }

  /// The error of a call whose handler has set metadata that cannot be sent; `nil` if `error` is about something else.
  ///
  /// It is an event for the log, too: what the handler has done is its author's mistake, and not the client's.
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

  /// Why a call is over whose status has not gone out.
  private var reasonOfEnd: RPCCancellation.Reason {
    if deadlineBox?.isOver == true { return .deadlineExceeded }
    return core.hasGracePeriodEnded ? .serverShutdown : .clientCancelled
  }

  /// The error that a handler gets where it receives or sends when the call is over.
  @usableFromInline var errorOfEnd: RPCError {
    deadlineBox?.isOver == true
      ? RPCError(code: .deadlineExceeded, message: "the call's deadline has passed") : .clientWent
  }

  /// Ends the call, whose request no handler gets.
  @usableFromInline
  func refuse(_ reason: RefusedCall.Reason, with error: RPCError) {
    core.report(reason, call: self, path: descriptor.path, status: Status(error))
    reply(UnaryReply(error))
  }

  /// The client cancelled or went away, the deadline passed, or the server stops.
  private func clientWent() {
    let reason = reasonOfEnd
    let task = handling.withLock { handling -> Task<Void, Never>? in
      switch handling {
      case .notStarted, .starting:
        handling = .cancelled(reason)
        return nil
      case .running(let task, _, _):
        handling = .cancelled(reason)
        return task
      case .cancelled, .ended:
        return nil
      }
    }
    cancellationIfMade.withLock { $0 }?.cancel(for: reason)
    // What the task waits for in the call has ended: C-core closes the stream before it says so.
    task?.cancel()
    // A handler that does not heed its cancellation must not keep the server from stopping.
    close()
  }
}
