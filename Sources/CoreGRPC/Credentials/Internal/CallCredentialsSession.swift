import CGRPC

/// The credentials of one call: it asks the program for them when C-core does, and keeps the program's error.
///
/// C-core asks once for each attempt, on the thread that starts the call or polls, with locks held. So nothing of the
/// program runs there: metadata that is the same for each call is returned immediately, and a provider runs in a task
/// of its own. C-core does not report the end of a call to the credentials. The call does, and the session then answers
/// C-core in the place of a provider that still waits.
final class CallCredentialsSession: Sendable {
  private struct State {
    var parts: [CallCredentials.Part]
    /// The size of the metadata that fits beside that of the request, in bytes.
    var room: Int
    var requests: [ObjectIdentifier: CallCredentialsRequest] = [:]
    var failure: RPCError?
    var isOver = false
  }

  /// C-core's words for the failure of a provider, before the provider's own.
  private static let failurePrefix = "Getting metadata from plugin failed with error: "

  /// C-core's words for a connection that does not protect credentials enough.
  private static let plaintextComplaint = "does not have a sufficient security level to transfer call credential"

  private let descriptor: MethodDescriptor
  private let state: Locked<State>

  /// - Parameters:
  ///   - parts: The sources of metadata; none is C-core's.
  ///   - room: The size of the metadata that fits into the header block, in bytes.
  init(_ parts: [CallCredentials.Part], of descriptor: MethodDescriptor, room: Int) {
    self.descriptor = descriptor
    self.state = Locked(State(parts: parts, room: room))
  }

  /// Notes the size of the request's metadata, before the call starts.
  func requestMetadataHasSize(_ size: Int) { state.withLock { $0.room -= size } }

  /// Sets the credentials of a call that has not started.
  ///
  /// - Parameters:
  ///   - credentials: The credentials.
  ///   - call: The call.
  ///   - makeSession: Makes the session for sources that are not C-core's.
  /// - Returns: The session; `nil` if all sources are C-core's.
  static func set(
    _ credentials: CallCredentials,
    on call: OpaquePointer,
    _ makeSession: ([CallCredentials.Part]) -> CallCredentialsSession
  ) -> CallCredentialsSession? {
    var own: [CallCredentials.Part] = []
    var session: CallCredentialsSession?
    var handles: [OpaquePointer] = unsafe []
    // The call then holds what it needs.
    defer { for index in unsafe handles.indices { unsafe grpc_call_credentials_release(handles[index]) } }
    for part in credentials.parts {
      guard case .core = part.source else {
        own.append(part)
        continue
      }
    }
    if !own.isEmpty {
      let made = makeSession(own)
      session = made
      let allowsPlaintext = own.allSatisfy(\.allowsPlaintext)
      unsafe handles.append(made.makeCCredentials(allowsPlaintext: allowsPlaintext))
    }
    var composite = unsafe handles.first
    for part in credentials.parts {
      guard case .core(let core) = part.source else { continue }
      guard let first = unsafe composite else {
        unsafe composite = unsafe core.handle
        continue
      }
      guard let both = unsafe grpc_composite_call_credentials_create(first, core.handle, nil) else {
        preconditionFailure("C-core cannot combine call credentials")
      }
      unsafe handles.append(both)
      unsafe composite = unsafe both
    }
    let failure = unsafe grpc_call_set_credentials(call, composite)
    precondition(failure == GRPC_CALL_OK, "C-core refuses call credentials")
    return session
  }

  /// Makes credentials of C-core, which hold this object.
  ///
  /// Balance it with one `grpc_call_credentials_release`.
  private func makeCCredentials(allowsPlaintext: Bool) -> OpaquePointer {
    let plugin = unsafe grpc_metadata_credentials_plugin(
      get_metadata: { session, context, callback, userData, metadata, count, code, details in
        guard
          let session = unsafe session, let callback = unsafe callback, let metadata = unsafe metadata,
          let count = unsafe count, let code = unsafe code, let details = unsafe details
        else { preconditionFailure("C-core asks for credentials without a place for them") }
        // The pointer of `state` below, which C-core holds until it calls `destroy`.
        let this = unsafe Unmanaged<CallCredentialsSession>.fromOpaque(session).takeUnretainedValue()
        guard
          let result = unsafe this.provide(
            serviceURL: context.service_url.map { unsafe String(cString: $0) } ?? "",
            to: CallCredentialsRequest(callback, userData)
          )
        else { return 0 }
        switch result {
        case .success(let entries):
          for (index, entry) in entries.enumerated() { unsafe metadata[index] = grpc_metadata(copying: entry) }
          unsafe count.pointee = entries.count
          unsafe code.pointee = GRPC_STATUS_OK
        case .failure(let error):
          unsafe code.pointee = cgrpc_status_code(Int32(error.code.rawValue))
          unsafe details.pointee = UnsafePointer(error.textForCore.withCString { unsafe gpr_strdup($0) })
        }
        return 1
      },
      debug_string: nil,
      destroy: { session in
        // Balances `passRetained` below.
        if let session = unsafe session { unsafe Unmanaged<CallCredentialsSession>.fromOpaque(session).release() }
      },
      state: unsafe Unmanaged.passRetained(self).toOpaque(),
      type: nil
    )
    let level = allowsPlaintext ? GRPC_SECURITY_NONE : GRPC_PRIVACY_AND_INTEGRITY
    guard let credentials = unsafe grpc_metadata_credentials_create_from_plugin(plugin, level, nil) else {
      preconditionFailure("C-core cannot create call credentials")
    }
    return unsafe credentials
  }

  /// Provides the metadata for an attempt.
  ///
  /// - Returns: The metadata, if it is there; `nil` if the request is answered later.
  private func provide(serviceURL: String, to request: CallCredentialsRequest) -> Result<Metadata, RPCError>? {
    let (parts, room) = state.withLock { state -> ([CallCredentials.Part]?, Int) in
      if state.isOver { return (nil, 0) }
      return (state.parts, state.room)
    }
    guard let parts else { return .failure(.cancelledTask) }
    var entries = Metadata()
    let isComplete = parts.allSatisfy { part in
      guard case .metadata(let metadata) = part.source else { return false }
      entries.add(contentsOf: metadata)
      return true
    }
    if isComplete, entries.count <= Int(GRPC_METADATA_CREDENTIALS_PLUGIN_SYNC_MAX) {
      do throws(RPCError) {
        try entries.prepare(for: .client, room: room)
        return .success(entries)
      } catch {
        state.withLock { $0.failure = error }
        return .failure(error)
      }
    }
    let id = ObjectIdentifier(request)
    let isOver = state.withLock { state in
      if !state.isOver { state.requests[id] = request }
      return state.isOver
    }
    if isOver { return .failure(.cancelledTask) }
    let context = CallCredentials.Context(descriptor: descriptor, serviceURL: serviceURL)
    let task = Task.detached { [self] in
      let result = await Self.result(of: parts, context: context, room: room)
      state.withLock { state in
        state.requests[id] = nil
        if case .failure(let error) = result { state.failure = error }
      }
      request.answer(result)
    }
    request.setTask(task)
    return nil
  }

  private static func result(
    of parts: [CallCredentials.Part],
    context: CallCredentials.Context,
    room: Int
  ) async -> Result<Metadata, RPCError> {
    do {
      var entries = try await metadata(of: parts, context: context)
      try entries.prepare(for: .client, room: room)
      return .success(entries)
    } catch {
      return .failure(RPCError(callCredentialsFailure: error))
    }
  }

  /// Asks sources of metadata, one after the other.
  static func metadata(of parts: [CallCredentials.Part], context: CallCredentials.Context) async throws -> Metadata {
    var entries = Metadata()
    for part in parts {
      switch part.source {
      case .metadata(let metadata): entries.add(contentsOf: metadata)
      case .provider(let provider): entries.add(contentsOf: try await provider(context))
      case .core: preconditionFailure("the source is C-core's")
      }
    }
    return entries
  }

  /// Notes the end of the call: a provider that still runs is cancelled, by a task, because its cancellation handlers
  /// are the program's.
  func callEnded() {
    let isWaiting = state.withLock { state in
      state.isOver = true
      return !state.requests.isEmpty
    }
    guard isWaiting else { return }
    Task.detached { [self] in
      let requests = state.withLock { state in
        defer { state.requests = [:] }
        return Array(state.requests.values)
      }
      for request in requests { request.abandon() }
    }
  }

  /// Releases the program's functions, for which C-core asks no more.
  func release() {
    callEnded()
    let parts = state.withLock { state in
      defer { state.parts = [] }
      return state.parts
    }
    _ = consume parts
  }

  /// The last error of the program's functions.
  var failure: RPCError? { state.withLock { $0.failure } }

  /// Returns the error that a call ended with because of its credentials; `nil` if the status has another reason.
  func failure(behind status: Status) -> RPCError? {
    switch status.code {
    case .unavailable where status.message.hasPrefix(Self.failurePrefix): failure
    case .unauthenticated where status.message.contains(Self.plaintextComplaint): .plaintextCredentials
    default: nil
    }
  }
}
