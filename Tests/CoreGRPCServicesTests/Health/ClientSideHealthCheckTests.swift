import CoreGRPC
import TestSupport
import Testing

@testable import CoreGRPCServices

@Suite("C-core's health checks of this service", .timeLimit(.minutes(2)))
struct ClientSideHealthCheckTests {
  private func channel(to servers: HealthServer..., checking service: String) throws -> Channel {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = ServiceConfig(
      loadBalancingConfig: [.roundRobin],
      healthCheckConfig: HealthCheckConfig(serviceName: service)
    )
    let addresses = servers.compactMap { server in server.address.port.map { "127.0.0.1:\($0)" } }
    return try Channel(target: "ipv4:\(addresses.joined(separator: ","))", configuration: configuration)
  }

  private func server(_ number: UInt8, _ body: (HealthServer) async throws -> Void) async throws {
    try await withHealthServer(bytes: ByteService { _, _ in ServerResponse(message: [number]) }, body: body)
  }

  @Test("A channel sends no calls to a server that does not serve, and some as soon as it does", arguments: ["", "a"])
  func oneServer(service: String) async throws {
    try await server(1) { (test) async throws in
      test.health.provider.updateStatus(.notServing, forService: service)
      let channel = try channel(to: test, checking: service)
      var options = CallOptions()
      options.waitForReady = false
      let error = await rpcError { try await channel.send(options: options) }
      #expect(error?.code == .unavailable)
      options.waitForReady = true
      async let answer = channel.send(options: options)
      test.health.provider.updateStatus(.serving, forService: service)
      #expect(try await answer == [1])
    }
  }

  @Test("A channel leaves a server that stops to serve, for another one")
  func twoServers() async throws {
    try await server(1) { (first) async throws in
      try await server(2) { (second) async throws in
        for test in [first, second] { test.health.provider.updateStatus(.serving, forService: "a") }
        let channel = try channel(to: first, second, checking: "a")
        let options = CallOptions(waitForReady: true)
        // Both serve.
        for number: UInt8 in [1, 2] { while try await channel.send(options: options) != [number] {} }
        first.health.provider.updateStatus(.notServing, forService: "a")
        // The channel learns of it soon. From then on all calls go to the other server.
        var inARow = 0
        while inARow < 20 { inARow = try await channel.send(options: options) == [2] ? inARow + 1 : 0 }
        first.health.provider.updateStatus(.serving, forService: "a")
        while try await channel.send(options: options) != [1] {}
      }
    }
  }
}
