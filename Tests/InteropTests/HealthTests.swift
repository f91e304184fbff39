import CoreGRPC
import CoreGRPCServices
import Foundation
import TestSupport
import Testing

/// Debian's Python has no package for health checks.
@Suite("The health service, asked by grpcio-health-checking", .serialized, .timeLimit(.minutes(2)))
struct HealthTests {
  private func withServer(_ body: (HealthService, Server, ChildProcess) async throws -> Void) async throws {
    let health = HealthService()
    health.provider.updateStatus(.notServing, forService: "test.Known")
    let server = Server(services: [health])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
      try await body(health, server, try Python.newest.start("health_client.py", [address.description]))
    }
  }

  @Test("Every answer is the protocol's, to the end of a watch by a shutdown")
  func answers() async throws {
    try await withServer { health, server, client in
      #expect(await client.line(after: "watch ") == "SERVICE_UNKNOWN")
      health.provider.updateStatus(.serving, forService: "test.Later")
      #expect(await client.line(after: "watch ") == "SERVING")
      server.beginGracefulShutdown()
      let outcome = await client.outcome()
      #expect(
        outcome.output == """
          check server SERVING
          check test.Known NOT_SERVING
          check test.Unknown NOT_FOUND
          list server=SERVING test.Known=NOT_SERVING
          watch SERVICE_UNKNOWN
          watch SERVING
          watch NOT_SERVING
          ended UNAVAILABLE

          """,
        "\(outcome.errors)"
      )
    }
  }

  @Test("A client that is killed while it watches does not keep a server that shuts down")
  func killed() async throws {
    try await withServer { _, server, client in
      #expect(await client.line(after: "watch ") == "SERVICE_UNKNOWN")
      client.signal(SIGKILL)
      #expect(await client.outcome().wasKilled)
      await server.shutdown()
    }
  }
}
