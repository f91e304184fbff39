import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Clients that keep C-core busy", .timeLimit(.minutes(5)))
struct CapturingClientTests {
  // Several at a time: the threads of each server look at the sockets of all.
  @Test("A client that sends a header without an end does not keep others waiting", arguments: 0..<4)
  func endlessHeader(_ number: Int) async throws {
    let test = try TestServer()
    let port = try #require(test.address.port)
    let socket = RawSocket.connected(toPort: Int(port))
    defer { socket.shutDown() }
    let isBusy = Gate()
    Thread.detachNewThread {
      // A literal whose value has 256 MiB, by its length (RFC 7541, section 5.1).
      let start = [0, 8] + Array("x-filler".utf8) + [127, 0x80, 0x80, 0x80, 0x80, 0x01]
      var request = HTTP2Frame.request(stream: 1, flags: 0)
      request.payload += start
      socket.write(HTTP2Frame.preface + [.settings()].bytes)
      // The server has accepted the connection: it would otherwise accept the next one together with it, on one thread.
      _ = socket.read()
      socket.write([request].bytes)
      let piece = [UInt8](repeating: UInt8(ascii: "v"), count: 16_000)
      let continuation = HTTP2Frame(kind: .continuation, stream: 1, payload: piece).bytes
      // C-core parses the header anew with each piece, so that the buffers of the sockets fill up. It is busy from then
      // on: a number of pieces instead would cost minutes under a sanitizer, since the time for a piece grows with the
      // header.
      for _ in 0..<2_000 {
        if socket.isFull { isBusy.open() }
        socket.write(continuation)
      }
      isBusy.open()
    }
    await isBusy.pass()
    var options = CallOptions.defaults
    options.timeout = .seconds(60)
    // However long a slow machine takes for a connection.
    options.waitForReady = true
    for number in UInt8(1)...10 {
      var answer: [UInt8] = []
      let error = await rpcError { answer = try await test.call([number], options: options).message }
      #expect(error == nil && answer == [number])
    }
  }
}
