import CGRPC

/// A `grpc_server`.
///
/// Its owner destroys it when the rules of `grpc.h` allow: see ``destroy()``.
final class ServerHandle: @unchecked Sendable {
  // Unchecked, because of the handle: `grpc_server` is thread-safe, and its owner's lifecycle says when it may be used.

  private let handle: OpaquePointer
  private let queue: CompletionQueue
  private let inflationLimit: Int?
  private let library = Library()
  /// C-core asks them until the server is destroyed.
  private let certificates = Locked<[ServerCertificates]>([])

  init(arguments: ChannelArguments, queue: CompletionQueue) {
    self.queue = queue
    self.inflationLimit = arguments.inflationLimit
    self.handle = arguments.withCArguments { grpc_server_create($0, nil) }
    grpc_server_register_completion_queue(handle, queue.handle, nil)
  }

  /// Binds an address.
  ///
  /// Before ``start()`` only.
  ///
  /// - Returns: The port that was bound, 1 for a socket without ports.
  /// - Throws: What the system said against it, or what is wrong with the credentials.
  func bind(_ address: String, credentials: ServerCredentials) throws(ServerError) -> Int {
    let credentials = try makeCCredentials(credentials, for: address)
    defer { grpc_server_credentials_release(credentials) }
    let (port, log) = CoreLog.capturing { grpc_server_add_http2_port(handle, address, credentials) }
    guard port != 0 else {
      throw ServerError(code: .cannotListen, message: "cannot listen on \(address): \(BindFailure.reason(in: log))")
    }
    return Int(port)
  }

  private func makeCCredentials(
    _ credentials: ServerCredentials,
    for address: String
  ) throws(ServerError) -> OpaquePointer? {
    switch credentials.value {
    case .insecure:
      return grpc_insecure_server_credentials_create()
    case .tls(let tls):
      let new: ServerCertificates
      do {
        new = try ServerCertificates(tls)
      } catch {
        throw ServerError(code: .invalidCredentials, message: "cannot listen on \(address): \(error.message)")
      }
      certificates.withLock { $0.append(new) }
      return new.makeCCredentials()
    }
  }

  func start() { grpc_server_start(handle) }

  /// Serves a connected socket, which is this function's to close.
  ///
  /// After ``start()``, before ``destroy()``.
  func serve(_ socket: Int32) {
    let credentials = grpc_insecure_server_credentials_create()
    defer { grpc_server_credentials_release(credentials) }
    grpc_server_add_channel_from_fd(handle, socket, credentials)
  }

  /// Posts a slot for one incoming call.
  ///
  /// - Parameter accept: Called once on a polling thread, with the call, or with `nil` when the server shuts down.
  /// - Returns: Whether the slot was posted; `accept` is not called otherwise.
  func requestCall(_ accept: @escaping @Sendable (IncomingCall?) -> Void) -> Bool {
    let operation = RequestCallOperation(
      queue: queue,
      inflationLimit: inflationLimit,
      accept: accept
    )
    let tag = operation.tag()
    let failure = grpc_server_request_call(
      handle,
      operation.call,
      operation.details,
      operation.metadata,
      queue.handle,
      queue.handle,
      tag
    )
    guard failure != GRPC_CALL_OK else { return true }
    _ = Operation.take(tag)
    return false
  }

  /// Begins to shut down: no new connections and calls; calls in progress go on.
  ///
  /// Once only. May block.
  ///
  /// - Parameter completion: Called once on a polling thread, when no call is left.
  func shutDown(completion: @escaping @Sendable () -> Void) {
    grpc_server_shutdown_and_notify(handle, queue.handle, CallbackOperation(completion).tag())
  }

  /// Cancels every call in progress.
  ///
  /// After ``shutDown(completion:)`` was called, before ``destroy()``.
  func cancelAllCalls() { grpc_server_cancel_all_calls(handle) }

  /// Frees the C object.
  ///
  /// Once: after ``shutDown(completion:)`` has returned, its completion has run, and every call is released.
  func destroy() { grpc_server_destroy(handle) }
}

/// A call that came in.
struct IncomingCall: Sendable {
  let path: String
  /// The time left until the caller's deadline; `nil` without one.
  let timeout: Duration?
  let metadata: Metadata
  fileprivate let handle: CallReference
  fileprivate let queue: CompletionQueue
  fileprivate let inflationLimit: Int?

  /// Takes the call.
  ///
  /// Exactly once.
  ///
  /// - Parameter onRelease: See ``Call/init(adopting:role:queue:initialMetadata:onRelease:)``.
  func accept(onRelease: @escaping @Sendable () -> Void) -> Call {
    Call(
      adopting: handle.pointer,
      role: .server,
      queue: queue,
      inflationLimit: inflationLimit,
      initialMetadata: metadata,
      onRelease: onRelease
    )
  }
}

/// A C call on its way from the completion queue to the object that adopts it.
private struct CallReference: @unchecked Sendable {
  // Unchecked: nobody else has the pointer.
  let pointer: OpaquePointer
}

/// A slot for an incoming call, with the memory that C-core writes the call to.
private final class RequestCallOperation: Operation, @unchecked Sendable {
  let call = UnsafeMutablePointer<OpaquePointer?>.allocate(capacity: 1)
  let details = UnsafeMutablePointer<grpc_call_details>.allocate(capacity: 1)
  let metadata = UnsafeMutablePointer<grpc_metadata_array>.allocate(capacity: 1)
  private let queue: CompletionQueue
  private let inflationLimit: Int?
  private let accept: @Sendable (IncomingCall?) -> Void

  init(queue: CompletionQueue, inflationLimit: Int?, accept: @escaping @Sendable (IncomingCall?) -> Void) {
    self.queue = queue
    self.inflationLimit = inflationLimit
    self.accept = accept
    call.initialize(to: nil)
    details.initialize(to: grpc_call_details())
    grpc_call_details_init(details)
    metadata.initialize(to: .empty)
  }

  deinit {
    grpc_call_details_destroy(details)
    grpc_metadata_array_destroy(metadata)
    call.deallocate()
    details.deallocate()
    metadata.deallocate()
  }

  override func complete(succeeded: Bool) {
    guard succeeded, let handle = call.pointee else { return accept(nil) }
    accept(
      IncomingCall(
        path: details.pointee.method.text,
        timeout: details.pointee.deadline.remaining,
        metadata: metadata.pointee.received,
        handle: CallReference(pointer: handle),
        queue: queue,
        inflationLimit: inflationLimit
      )
    )
  }
}
