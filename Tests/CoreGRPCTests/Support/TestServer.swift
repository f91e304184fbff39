import CoreGRPC
import TestSupport

/// A server on a free loopback port with handlers of the test's choice, and a channel to it.
struct TestServer: Sendable {
  let server: Server
  let address: ListenAddress
  let channel: Channel

  static let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")

  typealias Handler =
    @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws -> ServerResponse<[UInt8]>

  /// - Parameter handler: Serves ``echo``; by default it answers the request's bytes.
  init(
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
  static func addressOfItsOwn() -> String { "unix-abstract:coregrpc-\(UInt64.random(in: 0...UInt64.max))" }

  func call(
    _ message: [UInt8] = [1, 2, 3],
    metadata: Metadata = [:],
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<[UInt8]> {
    try await channel.echo(message, metadata: metadata, options: options)
  }
}

extension Channel {
  /// Calls ``TestServer/echo``, or another method with bytes both ways.
  func echo(
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
func withTestServer<Result>(
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
