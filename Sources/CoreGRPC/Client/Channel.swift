/// A connection, or several, to a gRPC service; made when it is needed, and made anew when it breaks.
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
/// A channel may be used from any thread, and should be shared: it carries any number of calls at once.
public final class Channel: Sendable {
  private let handle: Locked<ChannelHandle?>
  let defaults: CallDefaults

  /// Creates a channel without connecting.
  ///
  /// - Parameters:
  ///   - target: Where the service is, in the syntax of
  ///     <https://github.com/grpc/grpc/blob/master/doc/naming.md>: `host:port`, `dns:host:port`, `ipv4:127.0.0.1:50051`,
  ///     `ipv6:[::1]:50051`, `unix:/path`, `unix-abstract:name`.
  ///   - configuration: The channel's settings.
  /// - Throws: ``RPCError/Code/invalidArgument``, when the target cannot be read.
  public init(target: String, configuration: Configuration = Configuration()) throws(RPCError) {
    self.handle = Locked(try ChannelHandle(target: target, arguments: configuration.arguments))
    self.defaults = CallDefaults(configuration)
  }

  /// Closes the channel: calls in progress go on, new ones fail with UNAVAILABLE.
  ///
  /// A channel that is let go closes by itself.
  public func close() {
    let closed = handle.withLock { $0.take() }
    _ = consume closed
  }

  /// Makes a call with one message each way.
  ///
  /// Cancelling the task cancels the call.
  ///
  /// - Throws: ``RPCError``, also when the task is cancelled (``RPCError/Code/cancelled``).
  public func unary<Input: Sendable, Output: Sendable>(
    request: ClientRequest<Input>,
    descriptor: MethodDescriptor,
    serializer: some MessageSerializer<Input>,
    deserializer: some MessageDeserializer<Output>,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<Output> {
    let options = defaults.applied(to: options, of: descriptor)
    let call = try makeCall(descriptor, options: options)
    defer { call.close() }
    return try await UnaryClientCall(call: call, deserializer: deserializer, options: options)
      .response(to: request, serializer: serializer)
  }

  func makeCall(_ descriptor: MethodDescriptor, options: CallOptions) throws(RPCError) -> Call {
    guard let handle = handle.withLock({ $0 }) else {
      throw RPCError(code: .unavailable, message: "the channel is closed")
    }
    return handle.makeCall(path: descriptor.path, authority: options.authority, timeout: options.timeout)
  }
}
