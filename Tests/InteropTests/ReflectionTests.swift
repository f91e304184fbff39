import Compute
import CoreGRPC
import CoreGRPCServices
import TestSupport
import Testing

/// Debian's Python has no package for reflection.
@Suite("The reflection service, asked by grpcio-reflection", .serialized, .timeLimit(.minutes(2)))
struct ReflectionTests {
  @Test("A client that knows no contract learns it, and calls with it")
  func client() async throws {
    let services: [any RegistrableRPCService] = [ComputeService(), HealthService()]
    let server = Server(services: services + [ReflectionService(services: services)])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
      let client = try Python.newest.start("reflection_client.py", [address.description, "héllo"])
      let outcome = await client.outcome()
      let names = [
        "compute.Compute", "grpc.health.v1.Health", "grpc.reflection.v1.ServerReflection",
        "grpc.reflection.v1alpha.ServerReflection",
      ]
      #expect(
        outcome.output == """
          services \(names.joined(separator: " "))
          compute.Compute SayHello
          status UNKNOWN SERVING NOT_SERVING SERVICE_UNKNOWN
          extensions
          nothing
          answer 5

          """,
        "\(outcome.errors)"
      )
    }
  }
}
