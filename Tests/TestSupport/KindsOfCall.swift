public import CoreGRPC

/// A service with one method of each kind, for tests of code that follows calls.
///
/// A method with one response message answers `[1, 2, 3]`, the others `[1]` and `[2, 3]`.
public enum KindsOfCall {
  /// The method of a kind, as generated code names it.
  public static func method(_ type: MethodDescriptor.RPCType) -> MethodDescriptor {
    MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "\(type)", type: type)
  }

  /// A method that the service does not have, as generated code names it.
  public static let unknown = MethodDescriptor(fullyQualifiedService: "test.Kinds", method: "Unknown", type: .unary)

  /// Returns a router with the methods.
  ///
  /// - Parameter body: Called in each handler, before it answers.
  public static func router(
    _ body: @escaping @Sendable (ServerContext) async throws -> Void = { _ in }
  ) -> RPCRouter {
    @Sendable func read(_ request: StreamingServerRequest<[UInt8]>) async throws {
      for try await _ in request.messages {}
    }
    let answer = ServerResponse<[UInt8]>(message: [1, 2, 3])
    let answers = StreamingServerResponse<[UInt8]> { writer in
      try await writer.write([1])
      try await writer.write([2, 3])
      return [:]
    }
    var router = RPCRouter()
    router.registerHandler(forMethod: method(.unary)) { (_: ServerRequest<[UInt8]>, context) in
      try await body(context)
      return answer
    }
    router.registerHandler(forMethod: method(.clientStreaming)) { (request: StreamingServerRequest<[UInt8]>, context) in
      try await read(request)
      try await body(context)
      return answer
    }
    router.registerHandler(forMethod: method(.serverStreaming)) { (_: ServerRequest<[UInt8]>, context) in
      try await body(context)
      return answers
    }
    router.registerHandler(
      forMethod: method(.bidirectionalStreaming)
    ) { (request: StreamingServerRequest<[UInt8]>, context) in
      try await read(request)
      try await body(context)
      return answers
    }
    return router
  }

  /// Runs a server with the methods and a channel to it, and shuts the server down: all of its calls are over then.
  ///
  /// - Parameters:
  ///   - router: The methods.
  ///   - server: The server's settings.
  ///   - channel: The channel's settings. They turn retries off.
  ///   - test: Makes calls.
  public static func run<Result>(
    _ router: RPCRouter = router(),
    server serverConfiguration: Server.Configuration = Server.Configuration(),
    serverInterceptors: [any ServerInterceptor] = [],
    channel channelConfiguration: Channel.Configuration = Channel.Configuration(),
    clientInterceptors: [any ClientInterceptor] = [],
    _ test: (Server, Channel) async throws -> Result
  ) async throws -> Result {
    let server = Server(router: router, configuration: serverConfiguration, interceptors: serverInterceptors)
    let address = try server.listen(on: .tcp(host: "127.0.0.1", port: 0))
    try server.start()
    var channelConfiguration = channelConfiguration
    channelConfiguration.allowsRetries = false
    let channel = try Channel(
      target: address.description,
      configuration: channelConfiguration,
      interceptors: clientInterceptors
    )
    return try await withShutdown(of: server) { try await test(server, channel) }
  }
}

extension Channel {
  /// Calls the method of a kind with `[0, 0]`, or with `[0]` and `[0]`, and reads all messages.
  public func call(_ type: MethodDescriptor.RPCType, options: CallOptions = .defaults) async throws {
    let method = KindsOfCall.method(type)
    let request = ClientRequest<[UInt8]>(message: [0, 0])
    let requests = StreamingClientRequest<[UInt8]> { writer in
      try await writer.write([0])
      try await writer.write([0])
    }
    @Sendable func read(_ response: StreamingClientResponse<[UInt8]>) async throws {
      for try await _ in response.messages {}
    }
    switch type {
    case .unary:
      _ = try await unary(request: request, descriptor: method, options: options)
    case .clientStreaming:
      _ = try await clientStreaming(request: requests, descriptor: method, options: options)
    case .serverStreaming:
      try await serverStreaming(request: request, descriptor: method, options: options) { try await read($0) }
    case .bidirectionalStreaming:
      try await bidirectionalStreaming(request: requests, descriptor: method, options: options) { try await read($0) }
    }
  }
}
