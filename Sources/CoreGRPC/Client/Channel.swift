/// One or more connections to a gRPC service.
///
/// ```swift
/// let channel = try Channel(target: "127.0.0.1:50051")
/// let response = try await channel.unary(
///   request: ClientRequest(message: request),
///   descriptor: method,
///   serializer: serializer,
///   deserializer: deserializer
/// )
/// ```
///
/// A channel connects when a call needs a connection, and reconnects when the connection breaks. Use it from any
/// thread, and share it: it carries any number of calls at the same time.
public final class Channel: Sendable {
  /// The address of the service, as given to ``init(target:credentials:configuration:interceptors:)``.
  public let target: String

  private let handle: Locked<ChannelHandle?>
  /// The event that the channel is closed.
  let closing = OneTimeEvent()
  private let interceptors: [ConditionalInterceptor<any ClientInterceptor>]
  let defaults: CallDefaults
  /// The target in full, for instance `dns:///localhost:50051`.
  let completeTarget: String
  /// The observers of the calls; `nil` without any.
  let observers: ClientCallObservers?

  /// Creates a channel without connecting.
  ///
  /// - Parameters:
  ///   - target: The address or the name of the service, in the syntax of
  ///     <https://github.com/grpc/grpc/blob/master/doc/naming.md>: `host:port`, `dns:host:port`,
  ///     `ipv4:127.0.0.1:50051`, `ipv6:[::1]:50051`, several addresses as in `ipv4:127.0.0.1:50051,127.0.0.1:50052`,
  ///     `unix:/path`, `unix-abstract:name`.
  ///   - credentials: The protection of the connections, and the authorities that the channel trusts. Defaults to no
  ///     protection.
  ///   - configuration: The channel's settings.
  ///   - interceptors: The interceptors that see every call; the first one is the outermost.
  /// - Throws: ``RuntimeError``, when the target cannot be read, or a certificate or a key.
  public convenience init(
    target: String,
    credentials: ChannelCredentials = .insecure,
    configuration: Configuration = Configuration(),
    interceptors: [any ClientInterceptor] = []
  ) throws(RuntimeError) {
    try self.init(
      target: target,
      credentials: credentials,
      configuration: configuration,
      interceptorPipeline: Array(interceptors)
    )
  }

  /// Creates a channel without connecting, with interceptors for some methods.
  ///
  /// - Parameters:
  ///   - target: The address or the name of the service, see ``init(target:credentials:configuration:interceptors:)``.
  ///   - credentials: The protection of the connections, and the authorities that the channel trusts. Defaults to no
  ///     protection.
  ///   - configuration: The channel's settings.
  ///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the
  ///     outermost.
  /// - Throws: ``RuntimeError``, when the target cannot be read, or a certificate or a key.
  public init(
    target: String,
    credentials: ChannelCredentials = .insecure,
    configuration: Configuration = Configuration(),
    interceptorPipeline: [ConditionalInterceptor<any ClientInterceptor>]
  ) throws(RuntimeError) {
    try configuration.validate()
    self.target = target
    self.interceptors = interceptorPipeline
    self.handle = Locked(
      try ChannelHandle(
        target: target,
        credentials: credentials,
        arguments: configuration.arguments,
        xdsBootstrap: configuration.xdsBootstrap,
        resumesOnPollers: configuration.resumesOnPollers
      )
    )
    self.completeTarget = ChannelTarget.complete(target)
    self.observers = ClientCallObservers(configuration.callObservers, target: completeTarget)
    self.defaults = CallDefaults(configuration)
  }

  init(
    target: String,
    handle: ChannelHandle,
    configuration: Configuration,
    interceptors: [ConditionalInterceptor<any ClientInterceptor>]
  ) {
    self.defaults = CallDefaults(configuration)
    self.target = target
    self.interceptors = interceptors
    self.handle = Locked(handle)
    self.completeTarget = target
    self.observers = ClientCallObservers(configuration.callObservers, target: target)
  }

  /// Closes the channel: calls in progress continue, new ones fail with UNAVAILABLE.
  ///
  /// A channel without references closes by itself.
  public func close() {
    let closed = handle.withLock { $0.take() }
    closing.happen()
    _ = consume closed
  }

  /// Makes a call with one message each way.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - descriptor: The method to call.
  ///   - serializer: The serializer of the messages that the client sends.
  ///   - deserializer: The deserializer of the messages that the server sends.
  ///   - options: The settings of this call. They default to those of the channel.
  /// - Returns: The response of a call that succeeded.
  /// - Throws: ``RPCError``, also when the task is cancelled (``RPCError/Code/cancelled``).
  @inlinable
  public func unary<Input: Sendable, Output: Sendable>(
    request: ClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<Output> {
    guard let call = try makeUnaryCall(descriptor, options: options) else {
      return try await clientStreaming(
        request: StreamingClientRequest(single: request),
        descriptor: descriptor,
        serializer: serializer,
        deserializer: deserializer,
        options: options
      )
    }
    defer { call.close() }
    var message: MessageBuffer?
    do {
      message = try serializer.serialize(request.message)
    } catch {
      throw call.failed(RPCError.cannotSerializeRequest(error))
    }
    guard let message = message.take() else { preconditionFailure("the call has no request message") }
    let answer = try await call.exchange(message, metadata: request.metadata)
    let output: Output
    do {
      output = try deserializer.deserialize(answer)
    } catch {
      throw call.failed(RPCError.cannotDeserializeResponse(error))
    }
    let metadata = call.receivedMetadata
    var response = ClientResponse(message: output, metadata: metadata.initial, trailingMetadata: metadata.trailing)
    response.wasCompressed = answer.wasCompressed
    return response
  }

  /// Prepares a unary call; `nil` if it is to be made as a stream, which interceptors see and hedging repeats.
  @usableFromInline
  func makeUnaryCall(_ descriptor: MethodDescriptor, options: CallOptions) throws(RPCError) -> UnaryClientCall? {
    guard interceptors(for: descriptor).isEmpty, defaults.hedging?[descriptor] == nil else { return nil }
    // On a channel without a connection of C-core's, the stream asks the credentials.
    if options.credentials != nil, isInProcess { return nil }
    let measurement = observers.map { CallMeasurement(of: $0[descriptor]) }
    let handle: ChannelHandle
    let call: Call
    do throws(RPCError) {
      handle = try openHandle()
      call = try handle.makeCall(
        descriptor,
        options: options,
        timeout: defaults.timeout(for: options, of: descriptor),
        measurement: measurement
      )
    } catch {
      measurement?.end(Status.Code(error.code), peer: .none)
      throw error
    }
    return UnaryClientCall(
      call: call,
      receivesStatusSeparately: handle.receivesStatusSeparately,
      options: options,
      compression: defaults.compression(for: options)
    )
  }

  /// The executor of the threads that poll for this channel's calls.
  ///
  /// A task that awaits a call resumes there in any case when the response has arrived, unless it has an executor of
  /// its own or ``Configuration/resumesOnPollers`` is `false`. A task that prefers this executor, and its child tasks,
  /// run there from their start, and after anything else that they await:
  ///
  /// ```swift
  /// await withTaskExecutorPreference(channel.taskExecutor) {
  ///   let response = try await channel.unary(...)
  /// }
  /// ```
  ///
  /// If code holds its thread for longer than a few milliseconds, another thread polls. All channels of a process share
  /// these threads. After the channel is closed, this is the executor of Swift's pool. A task that prefers the earlier
  /// executor continues on other threads of the library after the last channel of the process.
  public var taskExecutor: any TaskExecutor {
    handle.withLock { $0?.queue.executor } ?? globalConcurrentExecutor
  }

  /// Whether the channel's server is in this process.
  var isInProcess: Bool { handle.withLock { $0?.isInProcess } ?? false }

  func openHandle() throws(RPCError) -> ChannelHandle {
    guard let handle = handle.withLock({ $0 }) else {
      throw RPCError(code: .unavailable, message: "the channel is closed").comingOutOfChannel()
    }
    return handle
  }

  func interceptors(for descriptor: MethodDescriptor) -> [any ClientInterceptor] {
    // Most channels have none, and then this must cost nothing.
    if interceptors.isEmpty { return [] }
    return interceptors.filter { $0.applies(to: descriptor) }.map(\.interceptor)
  }
}
