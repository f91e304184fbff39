import CoreGRPC
import CoreGRPCServiceLifecycle
import ServiceLifecycleTestKit
import TestSupport
import Testing

@Suite("A channel as a service", .timeLimit(.minutes(5)))
struct ChannelServiceTests {
  @Test("A graceful shutdown closes the channel, and a call in progress continues")
  func gracefulShutdown() async throws {
    let arrived = Gate()
    let proceed = Gate()
    let server = EchoServer.make {
      arrived.open()
      await proceed.pass()
    }
    let channel = try Channel(target: server.listen(on: .tcp(host: "127.0.0.1", port: 0)).description)
    try server.start()
    try await testGracefulShutdown { trigger in
      async let run: Void = ChannelService(channel).run()
      async let answer = channel.echo([7])
      await arrived.pass()
      trigger.triggerGracefulShutdown()
      await run
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unavailable)
      proceed.open()
      let message = try await answer
      #expect(message == [7])
    }
    await server.shutdown()
  }

  @Test("Cancelling the task closes the channel")
  func cancellation() async throws {
    let channel = try Channel(target: "127.0.0.1:1")
    let run = Task { await ChannelService(channel).run() }
    run.cancel()
    await run.value
    let error = await #expect(throws: RPCError.self) { try await channel.echo() }
    #expect(error?.message == "the channel is closed")
  }
}
