import CoreGRPC

extension RacePeer {
  /// Says whether sends of calls were deferred, and coalesced, while 64 tasks made calls.
  ///
  /// - Parameter settings: `immediate` switches deferring off on the server, and `one-by-one` coalescing; with `pool`
  ///   the tasks resume on Swift's pool, so that the channel defers nothing. With `until-deferred` or `until-coalesced`
  ///   the tasks make calls until that has happened.
  static func countSends(_ settings: Set<String>) async throws {
    let round = Barrier(count: 64)
    var router = RPCRouter()
    let echo = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Echo")
    router.registerHandler(
      forMethod: echo,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: ServerRequest<[UInt8]>, _) in
        // The replies are sent one after the other, however slow the machine: the call that comes last resumes the
        // others.
        await round.pass()
        return ServerResponse(message: request.message)
      }
    )
    var configuration = Server.Configuration()
    configuration.defersSends = !settings.contains("immediate")
    configuration.coalescesSends = !settings.contains("one-by-one")
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.resumesOnPollers = !settings.contains("pool")
    var isComplete: Bool { SendCounts.deferred > 0 && SendCounts.coalesced > 0 }
    var isExpectedMissing: Bool {
      settings.contains("until-deferred") && SendCounts.deferred == 0
        || settings.contains("until-coalesced") && SendCounts.coalesced == 0
    }
    // As many rounds as it takes, and enough where nothing is expected; with a new server now and then, because a
    // method whose handlers are slow leaves the polling threads, where alone sends are deferred.
    var serverCount = 0
    while serverCount < 2 && !isComplete || isExpectedMissing {
      serverCount += 1
      let server = Server(router: router, configuration: configuration)
      let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
      try server.start()
      let channel = try Channel(target: address.description, configuration: channelConfiguration)
      for _ in 0..<4 where !isComplete {
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

/// A place at which tasks wait until there are as many as are expected, again and again.
private final class Barrier: Sendable {
  private let count: Int
  private let waiting = Locked<[CheckedContinuation<Void, Never>]>([])

  /// - Parameter count: The number of tasks that pass together.
  init(count: Int) { self.count = count }

  /// Waits for the others.
  func pass() async {
    await withCheckedContinuation { continuation in
      let complete = waiting.withLock { waiting in
        waiting.append(continuation)
        guard waiting.count == count else { return [] as [CheckedContinuation<Void, Never>] }
        defer { waiting = [] }
        return waiting
      }
      for continuation in complete { continuation.resume() }
    }
  }
}
