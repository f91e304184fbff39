import CoreGRPC
import CoreGRPCServices
import Foundation
import TestSupport
import Testing

/// No other test of this program has a server of which C-core has channelz data.
@Suite("The channelz service, asked by grpcio-channelz", .timeLimit(.minutes(2)))
struct ChannelzTests {
  @Test("It finds the server, its calls and its connection")
  func answers() async throws {
    let server = Server(services: [ChannelzService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    try await withShutdown(of: server) {
      let outcome = try await Python.newest.start("channelz_client.py", [address.description]).outcome()
      #expect(
        outcome.output == """
          server 3
          connection IPv4 5
          unknown NOT_FOUND

          """,
        "\(outcome.errors)"
      )
    }
  }
}
