public import CoreGRPC

/// A server on a free loopback port with handlers of the test's choice, and a channel to it.
public struct TestServer: Sendable {
  /// The server, which has been started.
  public let server: Server
  /// The address that the server listens on.
  public let address: ListenAddress
  /// A channel to the server.
  public let channel: Channel

  /// The TCP port of ``address``.
  public var port: Int { address.port.map(Int.init) ?? 0 }

  /// The server's method, whose messages are bytes.
  public static let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")

  /// A handler of ``echo``.
  public typealias Handler =
    @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws -> ServerResponse<[UInt8]>

  /// Starts a server.
  ///
  /// - Parameter handler: Serves ``echo``; by default it answers the request's bytes.
  public init(
    on address: String = "127.0.0.1:0",
    credentials: ServerCredentials = .insecure,
    channelCredentials: ChannelCredentials = .insecure,
    configuration: Server.Configuration = Server.Configuration(),
    channelConfiguration: Channel.Configuration = Channel.Configuration(),
    handler: @escaping Handler = { request, _ in ServerResponse(message: request.message) }
  ) throws {
    LeakCheck.waitAtExit()
    var router = RPCRouter()
    router.registerHandler(forMethod: Self.echo, handler: handler)
    server = Server(router: router, configuration: configuration)
    self.address = try server.listen(on: ListenAddress(address), credentials: credentials)
    try server.start()
    channel = try Channel(
      target: self.address.description,
      credentials: channelCredentials,
      configuration: channelConfiguration
    )
  }

  /// An address that no other test uses, also when it is free again: for servers that come back.
  public static func addressOfItsOwn() -> String { "unix-abstract:coregrpc-\(UInt64.random(in: 0...UInt64.max))" }

  /// Calls ``echo``.
  public func call(
    _ message: [UInt8] = [1, 2, 3],
    metadata: Metadata = [:],
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<[UInt8]> {
    try await channel.echo(message, metadata: metadata, options: options)
  }
}

extension Channel {
  /// Calls ``TestServer/echo``, or another method with bytes both ways.
  public func echo(
    _ message: [UInt8] = [1, 2, 3],
    method: MethodDescriptor = TestServer.echo,
    metadata: Metadata = [:],
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<[UInt8]> {
    try await unary(
      request: ClientRequest(message: message, metadata: metadata),
      descriptor: method,
      options: options
    )
  }
}

/// Runs `body` with a ``TestServer``, which is shut down also when `body` throws.
public func withTestServer<Result>(
  on address: String = "127.0.0.1:0",
  credentials: ServerCredentials = .insecure,
  channelCredentials: ChannelCredentials = .insecure,
  configuration: Server.Configuration = Server.Configuration(),
  channelConfiguration: Channel.Configuration = Channel.Configuration(),
  handler: @escaping TestServer.Handler = { request, _ in ServerResponse(message: request.message) },
  body: (TestServer) async throws -> Result
) async throws -> Result {
  let test = try TestServer(
    on: address,
    credentials: credentials,
    channelCredentials: channelCredentials,
    configuration: configuration,
    channelConfiguration: channelConfiguration,
    handler: handler
  )
  return try await withShutdown(of: test.server) { try await body(test) }
}
