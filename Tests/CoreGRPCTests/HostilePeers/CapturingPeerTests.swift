import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Peers that keep C-core busy", .timeLimit(.minutes(5)))
struct CapturingPeerTests {
  // Several at a time: the threads of each server look at the sockets of all.
  @Test("A client that sends a header without an end does not keep others waiting", arguments: 0..<4)
  func client(_ number: Int) async throws {
    let test = try TestServer()
    let port = try #require(test.address.port)
    let socket = RawSocket.connected(toPort: Int(port))
    defer { socket.shutDown() }
    let isBusy = Gate()
    Thread.detachNewThread {
      socket.write(HTTP2Frame.preface + [.settings()].bytes)
      // The server has accepted the connection: it would otherwise accept the next one together with it, on one thread.
      _ = socket.read()
      Self.capture(the: socket, with: .request(stream: 1, flags: 0), isBusy)
    }
    await isBusy.pass()
    try await expectGoodCalls(on: test)
  }

  @Test("Nor does a server that answers with one", arguments: 0..<4)
  func server(_ number: Int) async throws {
    let test = try TestServer()
    let listener = RawSocket.listening()
    let isBusy = Gate()
    Thread.detachNewThread {
      guard let socket = listener.accept() else { return }
      socket.write([.settings()].bytes)
      var pending: [UInt8] = []
      while let bytes = socket.read() {
        pending += bytes
        guard let request = HTTP2Frame.take(from: &pending).first(where: { $0.kind == .headers }) else { continue }
        return Self.capture(the: socket, with: HTTP2Frame(kind: .headers, stream: request.stream, payload: []), isBusy)
      }
    }
    let channel = try Channel(target: "127.0.0.1:\(listener.port)")
    let call = Task { try await channel.echo() }
    await isBusy.pass()
    try await expectGoodCalls(on: test)
    call.cancel()
    // C-core keeps what it has read of the header, so the call ends by its cancellation.
    await #expect(throws: RPCError.self) { try await call.value }
    listener.shutDown()
  }

  /// Sends a header that does not end, until the peer's C-core is busy with it.
  private static func capture(the socket: RawSocket, with headers: HTTP2Frame, _ isBusy: Gate) {
    // A literal whose value has 256 MiB, by its length (RFC 7541, section 5.1).
    var headers = headers
    headers.payload += [0, 8] + Array("x-filler".utf8) + [127, 0x80, 0x80, 0x80, 0x80, 0x01]
    socket.write(headers.bytes)
    let piece = [UInt8](repeating: UInt8(ascii: "v"), count: 16_000)
    let continuation = HTTP2Frame(kind: .continuation, stream: headers.stream, payload: piece).bytes
    // C-core parses the header anew with each piece, so that the buffers of the sockets fill up. It is busy from then
    // on: a number of pieces instead would cost minutes under a sanitizer, since the time for a piece grows with the
    // header.
    for _ in 0..<2_000 {
      if socket.isFull { isBusy.open() }
      socket.write(continuation)
    }
    isBusy.open()
  }

  private func expectGoodCalls(on test: TestServer) async throws {
    var options = CallOptions.defaults
    options.timeout = .seconds(60)
    // However long a slow machine takes for a connection.
    options.waitForReady = true
    for number in UInt8(1)...10 { #expect(try await test.call([number], options: options).message == [number]) }
  }
}
