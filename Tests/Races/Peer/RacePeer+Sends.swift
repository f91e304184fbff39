import CoreGRPC

extension RacePeer {
  /// Says whether sends of calls were deferred, and coalesced, while 64 tasks made calls.
  ///
  /// - Parameter settings: `immediate` switches deferring off on the server, and `one-by-one` coalescing; with `pool`
  ///   the tasks resume on Swift's pool, so that the channel defers nothing.
  static func countSends(_ settings: Set<String>) async throws {
    var router = RPCRouter()
    let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")
    router.registerHandler(
      forMethod: echo,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in ServerResponse(message: request.message) }
    )
    var configuration = Server.Configuration()
    configuration.defersSends = !settings.contains("immediate")
    configuration.coalescesSends = !settings.contains("one-by-one")
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.resumesOnPollers = !settings.contains("pool")
    // As many rounds as it takes, and enough where nothing is expected; with a new server now and then, because a method
    // whose handlers are slow leaves the polling threads, where alone sends are deferred.
    for _ in 0..<10 where SendCounts.deferred == 0 || SendCounts.coalesced == 0 {
      let server = Server(router: router, configuration: configuration)
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      let channel = try Channel(target: address.description, configuration: channelConfiguration)
      for _ in 0..<4 where SendCounts.deferred == 0 || SendCounts.coalesced == 0 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<64 {
            group.addTask {
              for _ in 0..<4 {
                _ = try await channel.unary(
                  request: ClientRequest(message: [1] as [UInt8]),
                  descriptor: echo,
                  serializer: IdentitySerializer(),
                  deserializer: IdentityDeserializer()
                )
              }
            }
          }
          try await group.waitForAll()
        }
      }
      await server.shutdown()
    }
    let (deferred, coalesced) = (SendCounts.deferred, SendCounts.coalesced)
    say("deferred: \(deferred > 0 ? "some" : "none"), coalesced: \(coalesced > 0 ? "some" : "none")")
  }
}
