import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Responses without `grpc-status` on a channel that can retry, which C-core 1.51 by itself ends the process for.
@Suite("Responses without a status, in pieces", .timeLimit(.minutes(3)))
struct MissingStatusTests {
  /// A server that answers the first call of each two without a status, in two pieces, and the second with an echo.
  ///
  /// The first piece has the headers and the beginning of the trailers. The second comes when the client has reset the
  /// stream, or at once.
  private final class Server: Sendable {
    /// The trailers, and their length in a frame.
    static func trailers(_ stream: UInt32) -> [UInt8] {
      HTTP2Frame.trailers([("x-some", "text"), ("x-other", "more text")], stream: stream).bytes
    }
    static let length = trailers(1).count

    private let listener = RawSocket.listening()
    var target: String { "ipv4:127.0.0.1:\(listener.port)" }

    init(awaitsReset: Bool) {
      let listener = listener
      Thread.detachNewThread {
        guard let socket = listener.accept() else { return }
        socket.write(HTTP2Frame.settings().bytes)
        var pending: [UInt8] = []
        var calls = 0
        var rest: [UInt8] = []
        while let bytes = socket.read() {
          pending += bytes
          for frame in HTTP2Frame.take(from: &pending) {
            if let pong = frame.pong { socket.write(pong.bytes) }
            if frame.kind == .resetStream, !rest.isEmpty {
              socket.write(rest)
              rest = []
            }
            guard frame.flags & HTTP2Frame.endsStream != 0, [.headers, .data].contains(frame.kind) else { continue }
            calls += 1
            guard calls.isMultiple(of: 2) == false else {
              // The reset of a stream can come after the next one's request.
              socket.write(rest + ScriptedServer.echo(HTTP2Frame.message([7]), stream: frame.stream))
              rest = []
              continue
            }
            let trailers = Self.trailers(frame.stream)
            let cut = calls / 2 % trailers.count
            socket.write(HTTP2Frame.response(stream: frame.stream).bytes + trailers[..<cut])
            rest = Array(trailers[cut...])
            if !awaitsReset {
              socket.write(rest)
              rest = []
            }
          }
        }
      }
    }

    deinit { listener.shutDown() }
  }

  private func channel(to server: Server) throws -> Channel {
    var configuration = Channel.Configuration()
    configuration.allowsRetries = true
    return try Channel(target: server.target, configuration: configuration)
  }

  @Test("Its call ends with UNKNOWN, wherever the trailers are cut")
  func inPieces() async throws {
    let server = Server(awaitsReset: false)
    let channel = try channel(to: server)
    for cut in 0..<Server.length {
      let error = await #expect(throws: RPCError.self) { try await channel.echo() }
      #expect(error?.code == .unknown, "\(cut)")
      #expect(try await channel.echo().message == [7])
    }
  }

  @Test("A call that is cancelled within its trailers harms no other, wherever they are cut")
  func cancelled() async throws {
    struct Left: Error {}
    let server = Server(awaitsReset: true)
    let channel = try channel(to: server)
    for _ in 0..<Server.length {
      await #expect(throws: Left.self) {
        try await channel.serverStreaming(
          request: ClientRequest(message: [1]),
          descriptor: StreamServer.serverStreaming
        ) { (response: StreamingClientResponse<[UInt8]>) in
          // The headers have come.
          throw Left()
        }
      }
      #expect(try await channel.echo().message == [7])
    }
  }
}
