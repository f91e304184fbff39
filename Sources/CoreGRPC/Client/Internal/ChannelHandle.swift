import CGRPC

/// A `grpc_channel`, destroyed with the last reference.
///
/// Each call holds this object, so that no call outlives its channel.
@safe final class ChannelHandle: @unchecked Sendable {
  // Unchecked, because of the handle: `grpc_channel` is thread-safe, and it lives as long as this object.

  let handle: OpaquePointer
  let queue: CompletionQueue
  /// The shutdown of the server in this process to which the channel is connected; `nil` for a channel that connects
  /// itself.
  let serverShutdown: OneTimeEvent?
  fileprivate let connectionFailure: ConnectionFailure
  private let limits: CallLimits
  private let authorityLength: Int
  private let resumesOnPollers: Bool
  /// The resource quota, held here so that other channels find it.
  private let resourceQuota: ResourceQuota?
  private let looksAtCalls: Bool
  /// Whether C-core may make a failed call again.
  private let mayRetry: Bool
  /// Whether the status of a unary call is received after its message, by a batch of its own.
  let receivesStatusSeparately: Bool
  /// The certificates that are read again, held here so that they are.
  private let certificates: ChannelCertificates?
  /// The credentials of all calls.
  private let callCredentials: CallCredentials?
  /// Whether the connections have no encryption.
  private let isPlaintext: Bool
  private let library = Library()

  /// Whether the channel's server is in this process.
  var isInProcess: Bool { serverShutdown != nil }

  /// - Throws: ``RuntimeError``, when C-core cannot read the target or the credentials, or when
  ///   ``ChannelArguments/adapt(to:)`` refuses a setting.
  init(
    target: String,
    credentials: ChannelCredentials,
    arguments: ChannelArguments,
    xdsBootstrap: XDSBootstrap = .environment,
    resumesOnPollers: Bool
  ) throws(RuntimeError) {
    if let problem = ChannelTarget.problem(in: target) { throw RuntimeError(cannotConnectTo: target, problem) }
    if let problem = credentials.problem(withTarget: target) { throw RuntimeError(cannotConnectTo: target, problem) }
    if let callCredentials = credentials.callCredentials, credentials.isPlaintext, !callCredentials.allowsPlaintext {
      let problem = RPCError.plaintextCredentials.message
      throw RuntimeError(cannotConnectTo: target, problem, code: .invalidCredentials)
    }
    var arguments = arguments
    try arguments.adapt(to: .current)
    credentials.set(in: &arguments)
    if target.hasPrefix("xds:") {
      do throws(XDSBootstrapError) {
        try xdsBootstrap.set(in: &arguments)
      } catch {
        throw RuntimeError(cannotConnectTo: target, error.message)
      }
    }
    let (channel, log): (OpaquePointer?, String)
    var certificates: ChannelCertificates?
    do {
      unsafe (channel, log) = try unsafe credentials.withCCredentials { credentials, kept in
        certificates = kept
        return unsafe CoreLog.capturing {
          unsafe arguments.withCArguments { unsafe grpc_channel_create(target, credentials, $0) }
        }
      }
    } catch {
      throw RuntimeError(cannotConnectTo: target, error.message, code: .invalidCredentials)
    }
    guard let channel = unsafe channel else { preconditionFailure("grpc_channel_create returned no channel") }
    // For a target or credentials that it cannot read, C-core makes a lame channel, which has no connectivity.
    guard unsafe grpc_channel_support_connectivity_watcher(channel) != 0 else {
      unsafe grpc_channel_destroy(channel)
      let reason = log.split(whereSeparator: \.isNewline).first ?? "it is not valid"
      throw RuntimeError(cannotConnectTo: target, String(reason))
    }
    unsafe self.handle = channel
    self.serverShutdown = nil
    self.connectionFailure = ConnectionFailure(credentials)
    self.certificates = certificates
    self.callCredentials = credentials.callCredentials
    self.isPlaintext = credentials.isPlaintext
    self.queue = ClientQueue.shared()
    self.limits = arguments.clientCallLimits
    self.authorityLength = arguments.authorityLength(of: target)
    self.resourceQuota = arguments.resourceQuota
    self.resumesOnPollers = resumesOnPollers
    self.looksAtCalls = true
    self.receivesStatusSeparately = !arguments.allowsSecondMessage(.current)
    self.mayRetry = arguments.allowsRetries
  }

  /// Creates a channel over a socket that is connected to a server of this process, and takes ownership of the socket.
  ///
  /// - Parameter serverShutdown: The event that the server takes no more calls.
  init(socket: Int32, serverShutdown: OneTimeEvent, arguments: ChannelArguments, resumesOnPollers: Bool) {
    let credentials = unsafe grpc_insecure_credentials_create()
    defer { unsafe grpc_channel_credentials_release(credentials) }
    let target = "in-process"
    let channel = unsafe arguments.withCArguments {
      unsafe grpc_channel_create_from_fd(target, socket, credentials, $0)
    }
    guard let channel = unsafe channel else { preconditionFailure("grpc_channel_create_from_fd returned no channel") }
    unsafe self.handle = channel
    self.serverShutdown = serverShutdown
    self.connectionFailure = ConnectionFailure(.insecure)
    self.certificates = nil
    self.callCredentials = nil
    self.isPlaintext = true
    self.queue = ClientQueue.shared()
    self.limits = arguments.clientCallLimits
    self.authorityLength = arguments.authorityLength(of: target)
    self.resourceQuota = arguments.resourceQuota
    self.resumesOnPollers = resumesOnPollers
    // The server is this library.
    self.looksAtCalls = false
    self.mayRetry = arguments.allowsRetries
    self.receivesStatusSeparately = false
  }

  deinit { unsafe grpc_channel_destroy(handle) }

  /// - Throws: ``RPCError``, when the call's credentials are not to be sent on this channel.
  func makeCall(
    _ descriptor: MethodDescriptor,
    options: CallOptions,
    timeout: Duration?,
    measurement: CallMeasurement?
  ) throws(RPCError) -> Call {
    let credentials = try credentials(for: options)
    measurement?.attemptBegan(mayRetry: mayRetry)
    let path = descriptor.path
    let authority = options.authority
    let method = unsafe grpc_slice(copying: path)
    defer { unsafe grpc_slice_unref(method) }
    let deadline = timeout.map { CoreDeadline(timeout: $0) }
    let instant = deadline?.instant ?? gpr_inf_future(GPR_CLOCK_MONOTONIC)
    let mask = cgrpc_propagate_defaults
    let call: OpaquePointer?
    if let authority {
      var host = unsafe grpc_slice(copying: authority)
      defer { unsafe grpc_slice_unref(host) }
      unsafe call = grpc_channel_create_call(handle, nil, mask, queue.handle, method, &host, instant, nil)
    } else {
      unsafe call = grpc_channel_create_call(handle, nil, mask, queue.handle, method, nil, instant, nil)
    }
    guard let call = unsafe call else { preconditionFailure("C-core cannot create a call") }
    var limits = limits
    limits.sentMetadata -= path.utf8.count + (authority?.utf8.count ?? authorityLength)
    var session: CallCredentialsSession?
    if let credentials {
      session = unsafe CallCredentialsSession.set(credentials, on: call) { parts in
        CallCredentialsSession(parts, of: descriptor, room: limits.sentMetadata)
      }
    }
    return unsafe ClientCall(
      adopting: call,
      channel: self,
      deadline: deadline,
      limits: limits,
      resumesOnPollers: resumesOnPollers,
      isLookedAt: looksAtCalls,
      measurement: measurement,
      credentials: session
    )
  }

  /// The credentials for C-core; `nil` without any, and where it does not ask for them.
  private func credentials(for options: CallOptions) throws(RPCError) -> CallCredentials? {
    guard let own = options.credentials, !isInProcess else { return callCredentials }
    if isPlaintext, !own.allowsPlaintext { throw .plaintextCredentials }
    return callCredentials.map { .composite($0, own) } ?? own
  }
}

extension RuntimeError {
  fileprivate init(cannotConnectTo target: String, _ problem: String, code: Code = .invalidArgument) {
    let isPrintable = target.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F }
    let name = isPrintable ? "'\(target)'" : target.debugDescription
    self.init(code: code, message: "a channel to \(name) cannot be created: \(problem)")
  }
}

/// A call on a channel.
private final class ClientCall: Call, @unchecked Sendable {
  // Unchecked as its superclass is.

  private let channel: ChannelHandle
  private let deadline: CoreDeadline?

  init(
    adopting handle: OpaquePointer,
    channel: ChannelHandle,
    deadline: CoreDeadline?,
    limits: CallLimits,
    resumesOnPollers: Bool,
    isLookedAt: Bool,
    measurement: CallMeasurement?,
    credentials: CallCredentialsSession?
  ) {
    self.channel = channel
    self.deadline = deadline
    unsafe super.init(
      adopting: handle,
      queue: channel.queue,
      limits: limits,
      resumesOnPollers: resumesOnPollers,
      isLookedAt: isLookedAt,
      measurement: measurement,
      credentials: credentials
    )
  }

  override var deadlineHasPassed: Bool { deadline?.hasPassed ?? false }

  override func explaining(_ status: Status) -> Status { channel.connectionFailure.explaining(status) }

  deinit {
    // Nothing is in flight, as an operation in flight would hold this object.
    close()
  }
}
