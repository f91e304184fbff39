import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

/// Bytes that a client may send, and what the server does about them.
struct HostileBytes: Sendable, CustomTestStringConvertible {
  /// A part of a server's answer that a client sees.
  enum Sign: Hashable {
    /// The call ended with this code.
    case status(Int)
    case reset
    case goAway
    case closed
    /// The server did nothing for a long time.
    case silence
    /// The connection stays open: the server answers a ping that came after the bytes.
    case pong
  }

  let testDescription: String
  let signs: Set<Sign>
  var bytes: [UInt8]
  /// Whether the client sends nothing more, which ends the connection.
  var isCutShort = false

  /// A connection that begins with something else than HTTP/2.
  static func preface(_ name: String, _ bytes: [UInt8]) -> HostileBytes {
    HostileBytes(testDescription: name, signs: [.closed, .goAway], bytes: bytes, isCutShort: true)
  }

  /// Frames after a good beginning.
  static func frames(_ name: String, _ signs: Sign..., frames: [HTTP2Frame], isCutShort: Bool = false) -> HostileBytes {
    let bytes = HTTP2Frame.preface + ([.settings()] + frames).bytes
    return HostileBytes(testDescription: name, signs: Set(signs), bytes: bytes, isCutShort: isCutShort)
  }

  /// A good request with this as its data.
  static func data(_ name: String, _ signs: Sign..., bytes: [UInt8], encoding: String? = nil) -> HostileBytes {
    data(name, Set(signs), bytes: bytes, encoding: encoding)
  }

  static func data(_ name: String, _ signs: Set<Sign>, bytes: [UInt8], encoding: String? = nil) -> HostileBytes {
    let fields = encoding.map { [("grpc-encoding", $0)] } ?? []
    let frames: [HTTP2Frame] = [
      .headers(request(and: fields), stream: 1), .data(bytes, stream: 1, flags: HTTP2Frame.endsStream),
    ]
    return HostileBytes(
      testDescription: name,
      signs: signs,
      bytes: HTTP2Frame.preface + ([.settings()] + frames).bytes
    )
  }

  /// A request with these headers and a good message.
  static func headers(_ name: String, _ signs: Sign..., fields: [(String, String)]) -> HostileBytes {
    block(name, Set(signs), HTTP2Frame.fields(fields))
  }

  /// A request with these beside the usual headers, and a good message.
  static func field(_ name: String, _ signs: Sign..., field: (String, String)) -> HostileBytes {
    block(name, Set(signs), HTTP2Frame.fields(request(and: [field])))
  }

  /// A request without one of the usual headers, or with another value for it.
  static func without(_ field: String, _ value: String? = nil, _ signs: Sign...) -> HostileBytes {
    let name = value.map { "\(field) '\($0.prefix(20))'" } ?? "no \(field)"
    let rest = request().compactMap { $0.0 == field ? value.map { (field, $0) } : $0 }
    return block(name, Set(signs), HTTP2Frame.fields(rest))
  }

  static func block(_ name: String, _ signs: Set<Sign>, _ block: [UInt8]) -> HostileBytes {
    let frames = [
      HTTP2Frame(kind: .headers, flags: HTTP2Frame.endsHeaders, stream: 1, payload: block),
      .data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream),
    ]
    return HostileBytes(testDescription: name, signs: signs, bytes: HTTP2Frame.preface + ([.settings()] + frames).bytes)
  }

  /// The headers of a good request.
  static func request(and others: [(String, String)] = []) -> [(String, String)] {
    [
      (":method", "POST"), (":scheme", "http"), (":path", "/test.Test/Echo"), (":authority", "localhost"),
      ("te", "trailers"), ("content-type", "application/grpc"),
    ] + others
  }
}

@Suite("Bytes of a hostile client", .timeLimit(.minutes(5)))
struct HostileClientTests {
  private static let test = Result { try TestServer() }
  private static let ping = HTTP2Frame.ping(0x42)

  @Test("A server answers as gRPC says, or closes that connection, and serves all others", arguments: HostileBytes.all)
  func bytes(_ hostile: HostileBytes) async throws {
    let test = try Self.test.get()
    let port = try #require(test.address.port)
    async let beside = test.call([7])
    let seen = await Self.signs(of: hostile, port: Int(port))
    #expect(!seen.isDisjoint(with: hostile.signs), "\(seen)")
    let isUndisturbed = try await beside.message == [7]
    #expect(isUndisturbed)
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    let next = try await Channel(target: test.address.description, configuration: configuration).echo([4, 5]).message
    #expect(next == [4, 5])
  }

  /// Returns a server's reactions to bytes, up to the first sign that is expected.
  private static func signs(of hostile: HostileBytes, port: Int) async -> Set<HostileBytes.Sign> {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let socket = RawSocket.connected(toPort: port)
        socket.endReading(after: 5)
        socket.write(hostile.bytes)
        if hostile.isCutShort { socket.endOutput() } else { socket.write(ping.bytes) }
        var signs: Set<HostileBytes.Sign> = []
        var pending: [UInt8] = []
        while signs.isDisjoint(with: hostile.signs) {
          guard let bytes = socket.read() else {
            signs.insert(socket.isSilent ? .silence : .closed)
            break
          }
          pending += bytes
          signs.formUnion(HTTP2Frame.take(from: &pending).compactMap(sign))
        }
        continuation.resume(returning: signs)
      }
    }
  }

  private static func sign(_ frame: HTTP2Frame) -> HostileBytes.Sign? {
    switch frame.kind {
    case .goAway: .goAway
    case .resetStream: .reset
    case .headers: frame.status.map { .status($0) }
    case .ping: frame == ping.pong ? .pong : nil
    default: nil
    }
  }
}
