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
    case running(Task<Void, Never>, HandlerLane?)
    /// The client went before the handler was started, or while it ran: its task has been cancelled, and serves no other call.
    case cancelled
    case ended
  }

  private let core: ServerCore
  private let route: Route?
  private let deadlineBox: Deadline?
  private let handling = Locked(Handling.notStarted)

  /// The address of the task that runs the handler of a stream; zero before and afterwards.
  private let handlerTaskAddress = Atomic<UInt>(0)

  /// Pairs with what the concurrency runtime does when a call resumes a task, which ThreadSanitizer cannot see.
  private let isHandedToTask = Atomic(false)

  /// - Parameter route: The method that was called; `nil` if there is no such one.
  init(takenFrom slot: CallSlot, route: Route?, core: ServerCore) {
    self.core = core
    self.route = route
    let timeout = slot.timeout
    self.deadlineBox = timeout.map { Deadline(.after($0)) }
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
    reply(UnaryReply(RPCError(code: .unimplemented, message: message)))
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
      handling = idle.map { .running($0.task, lane) } ?? .starting(lane)
      return true
    }
    guard isBegun else { return false }
    isHandedToTask.store(true, ordering: .releasing)
    if let idle { idle.continuation.resume(returning: self) } else { startTask(route, on: lane ?? executor) }
    return true
  }

  /// Makes a task that serves the call.
  ///
  /// Without the lock: an executor of the program may run the task before it is returned here, and even until the handler has
  /// ended.
  private func startTask(_ route: Route, on executor: (any TaskExecutor)?) {
    let task = Task(executorPreference: executor) { [self, placements = core.placements] in
      let task = UInt(bitPattern: cconcurrency_current_task())
      placements.began(task, route)
      await route.serve(self)
      placements.ended(task)
    }
    let isCancelled = handling.withLock { handling in
      switch handling {
      case .starting(let lane): handling = .running(task, lane)
      case .cancelled: return true
      case .notStarted, .running, .ended: break
      }
      return false
    }
    if isCancelled { task.cancel() }
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

  /// Runs a function whose own calls end with this one's deadline, if it has one.
  @usableFromInline
  nonisolated(nonsending) func withDeadline<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    guard let deadlineBox else { return try await body() }
    return try await CallDeadline.$current.withValue(deadlineBox) { try await body() }
  }

  /// The handler has ended: in its task.
  ///
  /// - Returns: What waits for another call; `nil` if the task ends.
  @usableFromInline
  func handlerEnded() -> HandlerTask? {
    handlerTaskAddress.store(0, ordering: .relaxed)
    let running = handling.withLock { handling -> (Task<Void, Never>, HandlerLane?)? in
      switch handling {
      case .running(let task, let lane):
        handling = .ended
        return (task, lane)
      case .starting:
        // The function that made the task does not have it yet: it serves no other call.
        handling = .ended
        return nil
      case .notStarted, .cancelled, .ended: return nil
      }
    }
    // A handler can also cancel its task itself.
    guard let route, let (task, lane) = running, !Task.isCancelled else {
      core.handlerEnded()
      return nil
    }
    return HandlerTask(task: task, lane: lane, route: route, core: core)
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

  /// The client cancelled or went away, the deadline passed, or the server stops.
  private func clientWent() {
    let task = handling.withLock { handling -> Task<Void, Never>? in
      switch handling {
      case .notStarted, .starting:
        handling = .cancelled
        return nil
      case .running(let task, _):
        handling = .cancelled
        return task
      case .cancelled, .ended:
        return nil
      }
    }
    // What the task waits for in the call has ended: C-core closes the stream before it says so.
    task?.cancel()
    // A handler that does not heed its cancellation must not keep the server from stopping.
    close()
  }
}
