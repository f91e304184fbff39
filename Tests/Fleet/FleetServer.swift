import CoreGRPC
import CoreGRPCServices
import Dispatch

/// A server whose answers say its name, and how often the client had tried the call before.
struct FleetServer {
  /// The number of messages of a stream.
  static let messages = 5

  /// The time between two messages of a stream.
  static let pause = Duration.milliseconds(100)

  /// The time that a unary call takes, so that some are in progress whenever a server ends.
  static let work = Duration.milliseconds(20)

  private let address: ListenAddress
  private let name: String
  private let maxConcurrentCalls: Int?

  init(_ options: FleetOptions) throws {
    address = try ListenAddress(options.required("address"))
    name = try options.required("name")
    maxConcurrentCalls =
      try options["max-calls"].map { _ in try options.number("max-calls", default: 0, in: 1...1_000_000) }
  }

  func run() async throws {
    var router = Self.router(name: name)
    HealthService().registerMethods(with: &router)
    var configuration = Server.Configuration()
    if let maxConcurrentCalls { configuration.maxConcurrentCalls = maxConcurrentCalls }
    // Allows the pings of the clients, which send one after a second of silence.
    configuration.keepalive.minPingInterval = .milliseconds(500)
    configuration.keepalive.allowWithoutCalls = true
    let server = Server(router: router, configuration: configuration)
    let address = try server.listen(on: address)
    try server.start()
    let source = FleetPeer.onTermination { server.beginGracefulShutdown(gracePeriod: .seconds(10)) }
    FleetPeer.say("running... \(address)")
    await server.waitUntilStopped()
    source.cancel()
  }

  /// Returns the methods of a server.
  static func router(name: String) -> RPCRouter {
    @Sendable func answer(_ metadata: Metadata) -> [UInt8] {
      Array("\(name) \(metadata[stringValues: "grpc-previous-rpc-attempts"].first ?? "0")".utf8)
    }
    var router = RPCRouter()
    router.registerHandler(
      forMethod: FleetPeer.echo,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(message: request.message)
    }
    router.registerHandler(
      forMethod: FleetPeer.method(.unary),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) in
      try await Task.sleep(for: Self.work)
      return ServerResponse(message: answer(request.metadata))
    }
    router.registerHandler(
      forMethod: FleetPeer.method(.clientStreaming),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) in
      var count = 0
      for try await _ in request.messages { count += 1 }
      guard count == Self.messages else { throw RPCError(code: .dataLoss, message: "\(count) messages") }
      return ServerResponse(message: answer(request.metadata))
    }
    router.registerHandler(
      forMethod: FleetPeer.method(.serverStreaming),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        for index in 0..<Self.messages {
          if index > 0 { try await Task.sleep(for: Self.pause) }
          try await writer.write(answer(request.metadata))
        }
        return [:]
      }
    }
    router.registerHandler(
      forMethod: FleetPeer.method(.bidirectionalStreaming),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer()
    ) { (request: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        for try await _ in request.messages { try await writer.write(answer(request.metadata)) }
        return [:]
      }
    }
    return router
  }
}
