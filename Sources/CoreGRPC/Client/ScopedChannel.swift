/// Creates a channel, calls a closure with it, and closes it.
///
/// ```swift
/// let reply = try await withGRPCClient(target: "127.0.0.1:50051") { channel in
///   try await Greeter_Greeter.Client(channel: channel).greet(request)
/// }
/// ```
///
/// The channel connects with its first call. When the closure returns or throws, the channel is closed.
///
/// - Parameters:
///   - target: The address or the name of the service, see
///     ``Channel/init(target:credentials:configuration:interceptors:)``.
///   - credentials: The protection of the connections, and the authorities that the channel trusts. Defaults to no
///     protection.
///   - configuration: The channel's settings.
///   - interceptors: The interceptors that see every call; the first one is the outermost.
///   - handleClient: The closure that makes calls. It runs on the caller's executor.
/// - Returns: The closure's result.
/// - Throws: An error of ``Channel/init(target:credentials:configuration:interceptors:)``, or the closure's.
public nonisolated(nonsending) func withGRPCClient<Result>(
  target: String,
  credentials: ChannelCredentials = .insecure,
  configuration: Channel.Configuration = Channel.Configuration(),
  interceptors: [any ClientInterceptor] = [],
  handleClient: nonisolated(nonsending) (Channel) async throws -> Result
) async throws -> Result {
  try await withGRPCClient(
    target: target,
    credentials: credentials,
    configuration: configuration,
    interceptorPipeline: Array(interceptors),
    handleClient: handleClient
  )
}

/// Creates a channel with interceptors for some methods, calls a closure with it, and closes it.
///
/// Otherwise it is
/// ``withGRPCClient(target:credentials:configuration:interceptors:handleClient:)``.
///
/// - Parameters:
///   - target: The address or the name of the service, see
///     ``Channel/init(target:credentials:configuration:interceptors:)``.
///   - credentials: The protection of the connections, and the authorities that the channel trusts. Defaults to no
///     protection.
///   - configuration: The channel's settings.
///   - interceptorPipeline: The interceptors, each with the methods that it applies to; the first one is the outermost.
///   - handleClient: The closure that makes calls. It runs on the caller's executor.
/// - Returns: The closure's result.
/// - Throws: An error of ``Channel/init(target:credentials:configuration:interceptors:)``, or the closure's.
public nonisolated(nonsending) func withGRPCClient<Result>(
  target: String,
  credentials: ChannelCredentials = .insecure,
  configuration: Channel.Configuration = Channel.Configuration(),
  interceptorPipeline: [ConditionalInterceptor<any ClientInterceptor>],
  handleClient: nonisolated(nonsending) (Channel) async throws -> Result
) async throws -> Result {
  let channel = try Channel(
    target: target,
    credentials: credentials,
    configuration: configuration,
    interceptorPipeline: interceptorPipeline
  )
  defer { channel.close() }
  return try await handleClient(channel)
}
