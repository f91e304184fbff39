import CoreGRPC
import Foundation
import StreamSupport
import TestSupport
import Testing

@Suite("Python stream clients, Swift server", .serialized, .timeLimit(.minutes(5)))
struct PythonStreamClientTests {
  @Test("Every case of the Python client passes", arguments: Python.available, ["sync", "aio"])
  func cases(python: Python, mode: String) async throws {
    let server = Server(services: [StreamDirectiveService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let client = try python.start("stream_client.py", ["--target", address.description, "--mode", mode])
    let outcome = await client.outcome()
    #expect(outcome.status == 0, "\(outcome.output)\(outcome.errors)")
    #expect(outcome.output.contains("12 passed, 0 failed"), "\(outcome.output)")
    await server.shutdown(gracePeriod: .seconds(5))
  }

  @Test(
    "A Python client that is killed in calls of all kinds ends their handlers",
    arguments: Python.available,
    ["sync", "aio"]
  )
  func killedClient(python: Python, mode: String) async throws {
    let server = Server(services: [StreamDirectiveService()])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    let arguments = ["--target", address.description, "--mode", mode, "--hang", "victim"]
    let process = try python.start("stream_client.py", arguments)
    #expect(await process.line(after: "hanging") != nil)
    process.signal(SIGKILL)
    let calls = StreamCalls(channel: try Channel(target: address.description))
    for kind in StreamKind.allCases {
      #expect(await calls.ask("await-cancelled", "victim-\(kind.rawValue)") == "cancelled")
    }
    await server.shutdown(gracePeriod: .seconds(5))
  }
}
