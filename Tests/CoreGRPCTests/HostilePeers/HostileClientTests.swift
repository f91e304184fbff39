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
  /// The signs of a method whose request is a stream, which may have any number of messages.
  var signsOfStream: Set<Sign>
  var bytes: [UInt8]
  /// Whether the client sends nothing more, which ends the connection.
  var isCutShort = false

  init(testDescription: String, signs: Set<Sign>, bytes: [UInt8], isCutShort: Bool = false) {
    self.testDescription = testDescription
    self.signs = signs
    signsOfStream = signs
    self.bytes = bytes
    self.isCutShort = isCutShort
  }

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
    var hostile = HostileBytes(
      testDescription: name,
      signs: signs,
      bytes: HTTP2Frame.preface + ([.settings()] + frames).bytes
    )
    // One message too many, or one too few. An encoding can be what is not implemented, too.
    if encoding == nil, hostile.signs.contains(.status(12)) { hostile.signsOfStream.insert(.status(0)) }
    return hostile
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
    let seen = await Self.signs(of: hostile, hostile.signs, port: Int(port))
    #expect(!seen.isDisjoint(with: hostile.signs), "\(seen)")
    let isUndisturbed = try await beside.message == [7]
    #expect(isUndisturbed)
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    let next = try await Channel(target: test.address.description, configuration: configuration).echo([4, 5]).message
    #expect(next == [4, 5])
  }

  /// For each kind of method a server that has one of that kind at the path of ``TestServer/echo``.
  private static let servers = Result {
    try Dictionary(uniqueKeysWithValues: StreamingCall.allCases.map { kind in (kind, try kind.makeServer()) })
  }

  @Test("So does a server with a method of another kind", arguments: StreamingCall.allCases, HostileBytes.all)
  func bytes(toMethod kind: StreamingCall, _ hostile: HostileBytes) async throws {
    let (_, address) = try #require(Self.servers.get()[kind])
    let expected = kind.hasStreamOfRequests ? hostile.signsOfStream : hostile.signs
    let seen = await Self.signs(of: hostile, expected, port: Int(try #require(address.port)))
    #expect(!seen.isDisjoint(with: expected), "\(seen)")
    var configuration = Channel.Configuration()
    configuration.usesLocalSubchannelPool = true
    // On the wire the kinds differ in the number of messages alone.
    let next = try await Channel(target: address.description, configuration: configuration).echo([4, 5]).message
    #expect(next == [4, 5])
  }

  /// Returns a server's reactions to bytes, up to the first sign that is expected.
  private static func signs(
    of hostile: HostileBytes,
    _ expected: Set<HostileBytes.Sign>,
    port: Int
  ) async -> Set<HostileBytes.Sign> {
    await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let socket = RawSocket.connected(toPort: port)
        socket.endReading(after: 5)
        socket.write(hostile.bytes)
        if hostile.isCutShort { socket.endOutput() } else { socket.write(ping.bytes) }
        var signs: Set<HostileBytes.Sign> = []
        var pending: [UInt8] = []
        while signs.isDisjoint(with: expected) {
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

extension StreamingCall {
  var hasStreamOfRequests: Bool { self == .clientStreaming || self == .bidirectional }

  /// A server with a method of this kind at the path of ``TestServer/echo`` that echoes one message.
  fileprivate func makeServer() throws -> (Server, ListenAddress) {
    let method = TestServer.echo
    var router = RPCRouter()
    switch self {
    case .interceptedUnary:
      router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
        ServerResponse(message: request.message)
      }
    case .clientStreaming:
      router.registerHandler(forMethod: method) { (request: StreamingServerRequest<[UInt8]>, _) in
        ServerResponse(message: try await request.messages.reduce([], +))
      }
    case .serverStreaming:
      router.registerHandler(forMethod: method) { (request: ServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          try await writer.write(request.message)
          return [:]
        }
      }
    case .bidirectional: router.registerHandler(forMethod: method, handler: StreamServer.echo)
    }
    let server = Server(router: router, interceptors: self == .interceptedUnary ? [PassThrough()] : [])
    let address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    return (server, address)
  }
}
