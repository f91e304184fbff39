import RaceSupport
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Telling clients before a server shuts down", .timeLimit(.minutes(5)))
struct ServerDrainTests {
  @Test("C-core has the functions that it takes")
  func isAvailable() { #expect(ServerDrain.isAvailable) }

  @Test("A call after GOAWAY is served, unless that is switched off", arguments: [true, false])
  func lateCall(isOn: Bool) async throws {
    // A program of its own: the switch is the process's.
    let environment = isOn ? [:] : ["COREGRPC_DRAIN": "0"]
    let server = try ChildProcess(Locations.executable("race-peer"), ["drain"], environment: environment)
    let address = try ListenAddress(#require(await server.line(after: "running... ")))
    // Without an answer to its ping, the server does not know which calls have come.
    let client = RawConnection(toPort: Int(try #require(address.port)), answersPings: false)
    let path = "/" + HoldService.release.fullyQualifiedMethod
    func call(_ stream: UInt32) async -> Bool {
      client.send(
        .request(stream: stream, path: path),
        .data(HTTP2Frame.message([8]), stream: stream, flags: HTTP2Frame.endsStream)
      )
      await client.frame { $0.stream == stream && $0.flags & HTTP2Frame.endsStream != 0 || $0.kind == .resetStream }
      return client.frames(of: stream).contains { $0.kind == .data }
    }
    #expect(await call(1))
    try server.closeInput()
    #expect(await client.frame { $0.kind == .goAway } != nil)
    #expect(await call(3) == isOn)
    client.close()
    #expect(await server.outcome().status == 0)
  }
}
