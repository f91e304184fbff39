import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Responses without `grpc-status` on a channel that can retry, which C-core 1.51 by itself ends the process for.
@Suite("Responses without a status, in pieces", .timeLimit(.minutes(3)))
struct MissingStatusTests {
  /// The trailers of a stream, in a frame.
  private static func trailers(_ stream: UInt32) -> [UInt8] {
    HTTP2Frame.trailers([("x-some", "text"), ("x-other", "more text")], stream: stream).bytes
  }

  /// A server that answers one call without a status, in two pieces, and ends the connection.
  ///
  /// The first piece has the headers and the beginning of the trailers. The second comes when the client has reset the
  /// stream, or at once.
  private static func server(cuttingTrailersAt cut: Int, awaitsReset: Bool) -> (target: String, isDone: Gate) {
    let listener = RawSocket.listening()
    let isDone = Gate()
    Thread.detachNewThread {
      defer { isDone.open() }
      guard let socket = listener.accept() else { return }
      socket.write(HTTP2Frame.settings().bytes)
      var pending: [UInt8] = []
      var rest: [UInt8] = []
      while let bytes = socket.read() {
        pending += bytes
        for frame in HTTP2Frame.take(from: &pending) {
          if frame.flags & HTTP2Frame.endsStream != 0, [.headers, .data].contains(frame.kind) {
            let trailers = trailers(frame.stream)
            rest = Array(trailers[cut...])
            socket.write(HTTP2Frame.response(stream: frame.stream).bytes + trailers[..<cut])
          }
          if frame.kind == .resetStream || !awaitsReset, !rest.isEmpty {
            socket.write(rest)
            // What the client still sends is read, so that the connection ends in order.
            socket.endOutput()
            rest = []
          }
        }
      }
    }
    return ("ipv4:127.0.0.1:\(listener.port)", isDone)
  }

  private func channel(to target: String) throws -> Channel {
    var configuration = Channel.Configuration()
    configuration.allowsRetries = true
    return try Channel(target: target, configuration: configuration)
  }

  @Test("Its call ends with UNKNOWN, wherever the trailers are cut", arguments: 0..<trailers(1).count)
  func inPieces(cut: Int) async throws {
    let (target, isDone) = Self.server(cuttingTrailersAt: cut, awaitsReset: false)
    let channel = try channel(to: target)
    let error = await #expect(throws: RPCError.self) { try await channel.echo() }
    #expect(error?.code == .unknown)
    channel.close()
    await isDone.pass()
  }

  @Test("A call that is cancelled within its trailers harms nothing", arguments: 0..<trailers(1).count)
  func cancelled(cut: Int) async throws {
    struct Left: Error {}
    let (target, isDone) = Self.server(cuttingTrailersAt: cut, awaitsReset: true)
    let channel = try channel(to: target)
    await #expect(throws: Left.self) {
      try await channel.serverStreaming(
        request: ClientRequest(message: [1]),
        descriptor: StreamServer.serverStreaming
      ) { (response: StreamingClientResponse<[UInt8]>) in
        // The headers have come.
        throw Left()
      }
    }
    await isDone.pass()
  }
}
