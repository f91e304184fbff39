import CoreGRPC
import Dispatch

/// Servers and a channel to each of them, in one process.
struct FleetChannels {
  private let count: Int

  init(_ options: FleetOptions) throws {
    count = try options.number("count", default: 64, in: 1...1_000)
  }

  func run() async throws {
    let (terminations, continuation) = AsyncStream.makeStream(of: Void.self)
    let source = FleetPeer.onTermination { continuation.finish() }
    var servers: [Server] = []
    var channels: [Channel] = []
    for index in 0..<count {
      let server = Server(router: FleetServer.router(name: "\(index)"))
      let address = try server.listen(on: .init("127.0.0.1:0"))
      try server.start()
      servers.append(server)
      channels.append(try Channel(target: "\(address)"))
    }
    try await withThrowingDiscardingTaskGroup { group in
      for (index, channel) in channels.enumerated() {
        group.addTask {
          let answer = try await channel.unary(
            request: ClientRequest<[UInt8]>(message: [1]),
            descriptor: FleetPeer.method(.unary),
            serializer: IdentitySerializer(),
            deserializer: IdentityDeserializer(),
            options: CallOptions(timeout: .seconds(30))
          ).message
          guard answer == Array("\(index) 0".utf8) else {
            throw RPCError(code: .dataLoss, message: "server \(index) answered \(answer)")
          }
        }
      }
    }
    FleetPeer.say("running... \(count)")
    for await _ in terminations {}
    for channel in channels { channel.close() }
    for server in servers { server.beginGracefulShutdown(gracePeriod: .seconds(5)) }
    for server in servers { await server.waitUntilStopped() }
    source.cancel()
  }
}
