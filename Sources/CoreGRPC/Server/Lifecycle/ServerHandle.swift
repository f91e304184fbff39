import CEngine
import CGRPC

/// A `grpc_server`.
///
/// Its owner destroys it when the rules of `grpc.h` allow: see ``destroy()``.
@safe final class ServerHandle: @unchecked Sendable {
  // Unchecked, because of the handle: `grpc_server` is thread-safe, and its owner's lifecycle says when it may be used.

  private let handle: OpaquePointer
  private let queue: CompletionQueue
  private let limits: CallLimits
  private let library = Library()
  /// The addresses, if they take their configuration from an xDS control plane.
  private let xds: XDSListeners?
  /// The files of the Unix sockets that the server listens on, where C-core leaves them to the server.
  private let socketFiles = Locked<[UnixSocketFile]>([])
  /// The certificates that C-core uses until the server is destroyed.
  private let certificates = Locked<[any AnyObject & Sendable]>([])

  init(arguments: ChannelArguments, queue: CompletionQueue, xds: XDSListeners?) {
    self.queue = queue
    self.xds = xds
    self.limits = arguments.serverCallLimits
    let fetcher = unsafe xds?.makeFetcher()
    unsafe self.handle = arguments.withCArguments { unsafe cengine_server_create($0, fetcher) }
    unsafe grpc_server_register_completion_queue(handle, queue.handle, nil)
  }

  /// The numbers of the queue's threads that poll, and of those that a handler keeps.
  var pollerCounts: (active: Int, relieved: Int) { queue.pollerCounts }

  /// Whether C-core opens the listening sockets only when an xDS control plane says so.
  var opensSocketsLater: Bool { xds != nil }

  /// Binds an address.
  ///
  /// Called before ``start()`` only.
  ///
  /// - Returns: The address, with the port that was bound.
  /// - Throws: The system's error, or the problem of the credentials.
  func bind(_ address: ListenAddress, credentials: ServerCredentials) throws(RuntimeError) -> ListenAddress {
    guard let xds else { return address.withPort(try add(address, credentials)) }
    return try xds.bind(address) { (reserved) throws(RuntimeError) in
      // C-core has not bound the port yet.
      _ = try add(reserved, credentials)
    }
  }

  /// - Returns: The port that was bound, 1 for a socket without ports.
  private func add(_ address: ListenAddress, _ credentials: ServerCredentials) throws(RuntimeError) -> Int {
    let credentials = try unsafe makeCCredentials(credentials.value, for: address)
    defer { unsafe grpc_server_credentials_release(credentials) }
    let (port, log) = CoreLog.capturing {
      unsafe grpc_server_add_http2_port(handle, address.description, credentials)
    }
    guard port != 0 else {
      throw RuntimeError(code: .transportError, message: "cannot listen on \(address): \(BindFailure.reason(in: log))")
    }
    if !EngineCapabilities.current.removesSocketFiles, let path = address.unixDomainSocketPath,
      let file = UnixSocketFile(atPath: path)
    {
      socketFiles.withLock { $0.append(file) }
    }
    return Int(port)
  }

  private func makeCCredentials(
    _ credentials: ServerCredentials.Value,
    for address: ListenAddress
  ) throws(RuntimeError) -> OpaquePointer? {
    switch credentials {
    case .insecure:
      return unsafe grpc_insecure_server_credentials_create()
    case .tls(let tls):
      do {
        return unsafe try makeCCredentials(tls)
      } catch {
        throw RuntimeError(code: .invalidCredentials, message: "cannot listen on \(address): \(error.message)")
      }
    case .local(let connection):
      return unsafe grpc_local_server_credentials_create(connection.connectType)
    case .xds(let fallback):
      let fallback = try unsafe makeCCredentials(fallback, for: address)
      // C-core takes a reference of its own.
      defer { unsafe grpc_server_credentials_release(fallback) }
      return unsafe grpc_xds_server_credentials_create(fallback)
    case .alts:
      let options = unsafe grpc_alts_credentials_server_options_create()
      defer { unsafe grpc_alts_credentials_options_destroy(options) }
      let (made, _) = unsafe CoreLog.capturing { unsafe grpc_alts_server_credentials_create(options) }
      guard let made = unsafe made else {
        let problem = CredentialsError.noALTS.message
        throw RuntimeError(code: .invalidCredentials, message: "cannot listen on \(address): \(problem)")
      }
      return unsafe made
    }
  }

  private func makeCCredentials(_ tls: ServerCredentials.TLS) throws(CredentialsError) -> OpaquePointer? {
    let policy = tls.clientCertificates
    guard let folder = policy.revocationLists, let roots = policy.trustRoots else {
      let new = try ServerCertificates(tls, areForEachConnection: xds != nil)
      certificates.withLock { $0.append(new) }
      return unsafe new.makeCCredentials()
    }
    // C-core's other kind of server credentials has no lists.
    guard let identity = tls.identities.first, tls.identities.count == 1 else {
      throw CredentialsError(
        message: "a server with revocation lists has one TLS identity, and not \(tls.identities.count)"
      )
    }
    let watched = ChannelCredentials.TLS(
      trustRoots: .certificates(roots, revocationListsIn: folder),
      identity: identity,
      serverHostname: nil
    )
    guard let new = try ChannelCertificates.shared(for: watched) else { throw .noMemoryFiles }
    certificates.withLock { $0.append(new) }
    return unsafe new.makeServerCCredentials(policy.requestType)
  }

  func start() { unsafe grpc_server_start(handle) }

  /// Serves a connected socket, and takes ownership of it.
  ///
  /// Called after ``start()``, before ``destroy()``.
  func serve(_ socket: Int32) {
    let credentials = unsafe grpc_insecure_server_credentials_create()
    defer { unsafe grpc_server_credentials_release(credentials) }
    unsafe grpc_server_add_channel_from_fd(handle, socket, credentials)
  }

  /// Registers a method with C-core, which then looks the method up and does not report its path.
  ///
  /// Called before ``start()`` only.
  ///
  /// - Parameters:
  ///   - path: The method's path.
  ///   - readsMessage: Whether C-core delivers a call with its first message.
  func register(_ path: String, readsMessage: Bool) -> RegisteredMethod {
    let payload = readsMessage ? GRPC_SRM_PAYLOAD_READ_INITIAL_BYTE_BUFFER : GRPC_SRM_PAYLOAD_NONE
    guard let method = unsafe grpc_server_register_method(handle, path, nil, payload, 0) else {
      preconditionFailure("C-core refused to register \(path)")
    }
    return unsafe RegisteredMethod(pointer: method, readsMessage: readsMessage)
  }

  /// Makes a slot for incoming calls, one after the other.
  ///
  /// - Parameters:
  ///   - method: The method of the calls; `nil` for all methods that are not registered.
  ///   - accept: Called on a polling thread, with the slot and a call, or without one when the server shuts down.
  func makeSlot(for method: RegisteredMethod?, accept: @escaping CallSlot.Accept) -> CallSlot {
    CallSlot(queue: queue, method: method, limits: limits, accept: accept)
  }

  /// Posts a slot for one incoming call.
  ///
  /// - Returns: Whether the slot was posted; if not, its function is not called.
  func post(_ slot: CallSlot) -> Bool {
    let memory = unsafe slot.memory
    let tag = unsafe slot.tag()
    let failure =
      if let method = slot.method {
        unsafe grpc_server_request_registered_call(
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
        unsafe grpc_server_request_call(
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
    _ = unsafe Operation.take(tag)
    return false
  }

  /// Calls a function on a polling thread when one next polls.
  ///
  /// Called before ``destroy()``.
  func whenPolled(_ body: @escaping @Sendable () -> Void) { queue.post(CallbackOperation(body)) }

  /// Whether the server can stop accepting connections, and tell its clients, before it shuts down.
  var canDrain: Bool { ServerDrain.isAvailable }

  /// Stops accepting connections, and tells the clients to send no more calls.
  ///
  /// Calls on their way are still served. Called once, after ``start()``, before ``shutDown(completion:)``, if
  /// ``canDrain`` is `true`.
  ///
  /// - Parameter sockets: The server's listening sockets.
  func beginDrain(closing sockets: [ListeningSocket]) {
    ListeningSocket.stopListening(sockets)
    unsafe ServerDrain.sendGoaways(handle)
  }

  /// Whether the server has connections.
  ///
  /// Valid before ``destroy()``, if ``canDrain`` is `true`.
  var hasOpenConnections: Bool { unsafe ServerDrain.hasOpenConnections(handle) }

  /// Begins to shut down: accepts no new connections and calls.
  ///
  /// Calls in progress continue. Called once. May block.
  ///
  /// - Parameter completion: Called once on a polling thread, when no call is left.
  func shutDown(completion: @escaping @Sendable () -> Void) {
    unsafe grpc_server_shutdown_and_notify(handle, queue.handle, CallbackOperation(completion).tag())
    // Not before: C-core must not find the port taken if the control plane answers now.
    xds?.release()
  }

  /// Cancels every call in progress.
  ///
  /// Called after ``shutDown(completion:)`` was called, before ``destroy()``.
  func cancelAllCalls() { unsafe grpc_server_cancel_all_calls(handle) }

  /// Frees the C object.
  ///
  /// Called once, after ``shutDown(completion:)`` has returned, its completion has run, and every call is released.
  func destroy() {
    unsafe grpc_server_destroy(handle)
    for file in socketFiles.withLock({ $0 }) { file.remove() }
  }
}
