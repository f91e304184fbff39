import CGRPC

/// A `grpc_server`.
///
/// Its owner destroys it when the rules of `grpc.h` allow: see ``destroy()``.
final class ServerHandle: @unchecked Sendable {
  // Unchecked, because of the handle: `grpc_server` is thread-safe, and its owner's lifecycle says when it may be used.

  private let handle: OpaquePointer
  private let queue: CompletionQueue
  private let limits: CallLimits
  private let library = Library()
  /// C-core asks them until the server is destroyed.
  private let certificates = Locked<[ServerCertificates]>([])

  init(arguments: ChannelArguments, queue: CompletionQueue) {
    self.queue = queue
    self.limits = arguments.serverCallLimits
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

  /// Makes C-core know a method, so that it can look it up and need not tell its path.
  ///
  /// Before ``start()`` only.
  ///
  /// - Parameters:
  ///   - path: The method's path.
  ///   - readsMessage: Whether a call shall come with its first message.
  func register(_ path: String, readsMessage: Bool) -> RegisteredMethod {
    let payload = readsMessage ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER : GRPC_SRM_PAYLOAD_NONE
    guard let method = grpc_server_register_method(handle, path, nil, payload, 0) else {
      preconditionFailure("C-core refuses a method that was registered twice, and the router does before")
    }
    return RegisteredMethod(pointer: method, readsMessage: readsMessage)
  }

  /// Makes a slot for incoming calls, one after the other.
  ///
  /// - Parameters:
  ///   - method: Which method's calls; `nil` for those of all methods that are not registered.
  ///   - accept: Called on a polling thread, with the slot and a call, or without one when the server shuts down.
  func makeSlot(for method: RegisteredMethod?, accept: @escaping CallSlot.Accept) -> CallSlot {
    CallSlot(queue: queue, method: method, limits: limits, accept: accept)
  }

  /// Posts a slot for one incoming call.
  ///
  /// - Returns: Whether the slot was posted; its function is not called otherwise.
  func post(_ slot: CallSlot) -> Bool {
    let memory = slot.memory
    let tag = slot.tag()
    let failure =
      if let method = slot.method {
        grpc_server_request_registered_call(
          handle,
          method.pointer,
          &memory.pointee.call,
          &memory.pointee.deadline,
          &memory.pointee.metadata,
          method.readsMessage ? slot.message : nil,
          queue.handle,
          queue.handle,
          tag
        )
      } else {
        grpc_server_request_call(
          handle,
          &memory.pointee.call,
          &memory.pointee.details,
          &memory.pointee.metadata,
          queue.handle,
          queue.handle,
          tag
        )
      }
    guard failure != GRPC_CALL_OK else { return true }
    _ = Operation.take(tag)
    return false
  }

  /// Calls a function on a polling thread when one polls next.
  ///
  /// Before ``destroy()``.
  func whenPolled(_ body: @escaping @Sendable () -> Void) { queue.post(CallbackOperation(body)) }

  /// Whether the server can stop accepting connections, and tell its clients, before it shuts down.
  var canDrain: Bool { ServerDrain.isAvailable }

  /// Accepts no more connections, and tells the clients to send no more calls: those on their way are still served.
  ///
  /// After ``start()``, before ``shutDown(completion:)``, once, where ``canDrain`` says so.
  ///
  /// - Parameter sockets: The server's listening sockets.
  func beginDrain(closing sockets: [ListeningSocket]) {
    ListeningSocket.stopListening(sockets)
    ServerDrain.sendGoaways(handle)
  }

  /// Whether there are connections.
  ///
  /// Before ``destroy()``, where ``canDrain`` says so.
  var hasOpenConnections: Bool { ServerDrain.hasOpenConnections(handle) }

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
