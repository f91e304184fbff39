/// One call on the server: receives the request, runs the handler in a task, sends the reply.
///
/// Receive-close in a batch of its own lets the handler learn at once when the client goes. It costs a tenth of a call, and no
/// handler needs it that is done when the thread which began it has come to the end of the event. So on pollers it
/// is started then, for the others.
@usableFromInline
final class ServerCall: BegunCall {
  private enum Handling: Sendable {
    case notStarted
    case running(Task<Void, Never>)
    /// The client went before the handler was started.
    case cancelled
  }

  private let call: Call
  private let route: Route
  private let deadlineBox: Deadline?
  private let handling = Locked(Handling.notStarted)
  private let executor: (any TaskExecutor)?
  private let onHandlerEnded: @Sendable () -> Void

  /// - Parameters:
  ///   - executor: Where the handler runs; `nil` for Swift's pool.
  ///   - onHandlerEnded: Called once, when the handler has ended or will never start.
  init(
    call: Call,
    route: Route,
    timeout: Duration?,
    executor: (any TaskExecutor)?,
    onHandlerEnded: @escaping @Sendable () -> Void
  ) {
    self.call = call
    self.route = route
    self.deadlineBox = timeout.map { Deadline(ContinuousClock.now + $0) }
    self.executor = executor
    self.onHandlerEnded = onHandlerEnded
  }

  /// What the handler may want to know about the call.
  @usableFromInline var context: ServerContext { ServerContext(call: self) }

  /// The method that was called.
  var descriptor: MethodDescriptor { route.descriptor }

  /// When the caller stops waiting; `nil` if it set no deadline.
  var deadline: ContinuousClock.Instant? { deadlineBox?.instant }

  /// The other end's address; `nil` once the call is over.
  var peer: String? { call.peer }

  /// The certificate that the other end has shown; `nil` without one, and once the call is over.
  var peerCertificate: PeerCertificate? { call.peerCertificate }

  /// The metadata that the client sent.
  @usableFromInline var metadata: Metadata { call.receivedInitialMetadata }

  /// Takes the message that the call came with: once.
  @usableFromInline
  func takeMessage() throws(RPCError) -> MessageBuffer {
    guard let message = try call.takeReceivedMessage() else { preconditionFailure("a request is taken once") }
    return message
  }

  /// Begins to serve the call.
  func start() {
    if !(executor is PollerExecutor) { watch() }
    if route.startsWithMessage, !call.hasReceivedMessage { return endWithoutMessage() }
    run()
  }

  /// Has the handler cancelled when the client goes.
  func watch() {
    guard !call.hasStarted(.receiveClose) else { return }
    var close = Batch()
    close.receive(.receiveClose)
    // Refused when the reply has started it meanwhile, or the call is over: then there is nobody to tell.
    try? call.start(close) { [self] _ in if call.wasCancelled { clientWent() } }
  }

  /// Ends a call that shall not be served, with a status alone.
  static func refuse(_ call: Call, with status: Status) {
    var batch = Batch()
    batch.sendInitialMetadata([:])
    batch.sendStatus(status, trailingMetadata: [:])
    batch.receive(.receiveClose)
    do throws(RPCError) {
      try call.start(batch) { _ in call.close() }
    } catch {
      call.cancel()
      call.close()
    }
  }

  /// A call came, and the message that it shall come with did not.
  private func endWithoutMessage() {
    if call.failedBeforeReceivingMessage { return abandon() }
    // See https://grpc.github.io/grpc/core/md_doc_statuscodes.html: request cardinality violation.
    let message = "\(route.descriptor) takes one request message, and none came"
    reply(UnaryReply(error: RPCError(code: .unimplemented, message: message)))
  }

  /// Runs the handler in a task, and sends what it leaves to send.
  private func run() {
    let isStarted = handling.withLock { handling in
      guard case .notStarted = handling else { return false }
      handling = .running(Task(executorPreference: executor) { [self] in await serve() })
      return true
    }
    guard isStarted else { return abandon() }
    if executor is PollerExecutor { PollerThread.current?.append(self) }
  }

  private nonisolated(nonsending) func serve() async {
    guard let deadlineBox else { return await route.serve(self) }
    await serve(by: deadlineBox)
  }

  private nonisolated(nonsending) func serve(by deadline: Deadline) async {
    // It bounds the calls that the handler makes.
    await CallDeadline.$current.withValue(deadline.instant) { await route.serve(self) }
  }

  /// Runs a handler that receives the messages itself, and replies.
  nonisolated(nonsending) func respond(by handler: StreamHandler) async { reply(await handler(call, context: context)) }

  /// Sends what the handler leaves to send: once, when it has ended.
  @usableFromInline
  func reply(_ reply: consuming UnaryReply) {
    send(reply)
    onHandlerEnded()
  }

  private func send(_ reply: consuming UnaryReply) {
    var reply = reply
    var batch = Batch()
    batch.sendInitialMetadataUnlessStarted(reply.metadata, compression: reply.compression)
    if let message = reply.message.take() { batch.sendMessage(message) }
    batch.sendStatus(reply.status, trailingMetadata: reply.trailingMetadata)
    batch.receiveCloseUnlessStarted()
    do throws(RPCError) {
      try call.start(batch) { [call] _ in call.close() }
    } catch {
      guard error.code == .invalidArgument else {
        // The client is gone, and nobody waits for the reply.
        return call.close()
      }
      sendStatus(Status(code: .internalError, message: "the handler's response has illegal \(error.message)"))
    }
  }

  private func sendStatus(_ status: Status) {
    var batch = Batch()
    batch.sendInitialMetadataUnlessStarted([:])
    batch.sendStatus(status, trailingMetadata: [:])
    batch.receiveCloseUnlessStarted()
    do throws(RPCError) {
      try call.start(batch) { [call] _ in call.close() }
    } catch {
      call.close()
    }
  }

  /// The client cancelled or went away, the deadline passed, or the server stops.
  private func clientWent() {
    let task = handling.withLock { handling -> Task<Void, Never>? in
      switch handling {
      case .notStarted:
        handling = .cancelled
        return nil
      case .running(let task):
        return task
      case .cancelled:
        return nil
      }
    }
    task?.cancel()
    // A handler that does not heed its cancellation must not keep the server from stopping.
    call.close()
  }

  private func abandon() {
    call.cancel()
    call.close()
    onHandlerEnded()
  }
}

/// A deadline behind a reference.
///
/// The size of the standard library's type is known at run time only, and so is that of whatever it is stored in.
private final class Deadline: Sendable {
  let instant: ContinuousClock.Instant

  init(_ instant: ContinuousClock.Instant) { self.instant = instant }
}
