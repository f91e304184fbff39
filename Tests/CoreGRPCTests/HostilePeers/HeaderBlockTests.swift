import Foundation
import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Header blocks of many frames", .timeLimit(.minutes(5)))
struct HeaderBlockTests {
  /// The content of the frames of a header block that has no end.
  enum Shape: CaseIterable {
    /// One value of 256 MiB, by its length (RFC 7541, section 5.1).
    case endlessValue
    /// Whole fields.
    case fields
    /// Nothing.
    case empty
    /// References to an entry of the table, which take a byte each, below C-core's own limit of metadata in each frame.
    case references

    var start: [UInt8] {
      switch self {
      case .endlessValue: [0, 8] + Array("x-filler".utf8) + [127, 0x80, 0x80, 0x80, 0x80, 0x01]
      case .fields, .empty: []
      // A literal that is added to the table.
      case .references: [0x40, 1, UInt8(ascii: "x"), 100] + [UInt8](repeating: UInt8(ascii: "y"), count: 100)
      }
    }

    func continuation(stream: UInt32) -> HTTP2Frame {
      HTTP2Frame(kind: .continuation, stream: stream, payload: payload)
    }

    private var payload: [UInt8] {
      switch self {
      case .endlessValue: [UInt8](repeating: UInt8(ascii: "v"), count: 16_000)
      case .fields: HTTP2Frame.fields([("x", String(repeating: "y", count: 100))])
      case .empty: []
      case .references: [UInt8](repeating: 0x80 | 62, count: 6_000)
      }
    }

    /// More frames than the limits allow, some of which another test of the process may have raised.
    var frameCount: Int { self == .references ? 40 : 1_200 }
  }

  @Test(
    "A header without an end ends the connection of its client, and no other",
    .enabled(if: !EngineCapabilities.current.limitsHeaderBlocks),
    arguments: Shape.allCases
  )
  func ofClient(_ shape: Shape) async throws {
    let test = try TestServer()
    let port = Int(try #require(test.address.port))
    async let beside = test.call([7])
    let isClosed = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let socket = RawSocket.connected(toPort: port)
        socket.endReading(after: 60)
        var request = HTTP2Frame.request(stream: 1, flags: 0)
        request.payload += shape.start
        socket.write(HTTP2Frame.preface + ([.settings(), request] as [HTTP2Frame]).bytes)
        let frame = shape.continuation(stream: 1).bytes
        for _ in 0..<shape.frameCount { socket.write(frame) }
        // To a connection that is open, the server sends nothing while a header block has no end.
        while socket.read() != nil {}
        continuation.resume(returning: !socket.isSilent)
      }
    }
    #expect(isClosed)
    let message = try await beside.message
    #expect(message == [7])
    #expect(try await test.call([8]).message == [8])
  }

  @Test(
    "A header without an end from a server ends the call",
    .enabled(if: !EngineCapabilities.current.limitsHeaderBlocks),
    arguments: Shape.allCases
  )
  func ofServer(_ shape: Shape) async throws {
    let server = ScriptedServer(
      ScriptedServer.Script { stream in
        var response = HTTP2Frame.response(stream: stream)
        response.flags = 0
        response.payload += shape.start
        return [response].bytes
          + [HTTP2Frame](repeating: shape.continuation(stream: stream), count: shape.frameCount).bytes
      }
    )
    let other = try TestServer()
    async let beside = other.call([7])
    let channel = try Channel(target: server.target)
    let error = await rpcError { try await channel.echo() }
    let codes: [RPCError.Code?] = [.unavailable, .internalError, .unknown, .resourceExhausted]
    #expect(codes.contains(error?.code), "\(String(describing: error))")
    let message = try await beside.message
    #expect(message == [7])
  }

  @Test(
    "Half a header in frames that C-core drops ends the connection, and whole ones do not",
    .enabled(if: !EngineCapabilities.current.limitsHeaderBlocks)
  )
  func dropped() async throws {
    let test = try TestServer()
    let port = Int(try #require(test.address.port))
    // Clients' streams have odd numbers.
    let whole = HTTP2Frame.headers([("x", "y")], stream: 2)
    let half = HTTP2Frame(
      kind: .headers,
      flags: HTTP2Frame.endsHeaders,
      stream: 2,
      payload: Shape.endlessValue.start + [UInt8](repeating: UInt8(ascii: "v"), count: 16_000)
    )
    let answers = await withCheckedContinuation { continuation in
      Thread.detachNewThread {
        let socket = RawSocket.connected(toPort: port)
        socket.endReading(after: 60)
        socket.write(HTTP2Frame.preface + HTTP2Frame.settings().bytes)
        for _ in 0..<2_000 { socket.write(whole.bytes) }
        socket.write(HTTP2Frame.ping(7).bytes)
        var pending: [UInt8] = []
        var hasPong = false
        while !hasPong, let bytes = socket.read() {
          pending += bytes
          hasPong = HTTP2Frame.take(from: &pending).contains { $0 == HTTP2Frame.ping(7).pong }
        }
        socket.write(half.bytes)
        while socket.read() != nil {}
        continuation.resume(returning: (hasPong: hasPong, isClosed: !socket.isSilent))
      }
    }
    #expect(answers.hasPong && answers.isClosed)
    #expect(try await test.call([8]).message == [8])
  }

  @Test("One header that fills many frames arrives")
  func longHeader() async throws {
    var configuration = Server.Configuration()
    configuration.maxRequestMetadataBytes = 400_000
    let test = try TestServer(configuration: configuration) { request, _ in
      ServerResponse(message: Array("\(request.metadata["value"].first.map { "\($0)".utf8.count } ?? 0)".utf8))
    }
    let port = Int(try #require(test.address.port))
    var block = HTTP2Frame.request(stream: 1).payload
    block += HTTP2Frame.fields([("value", String(repeating: "v", count: 300_000))])
    var request: [HTTP2Frame] = []
    while !block.isEmpty {
      let kind = request.isEmpty ? HTTP2Frame.Kind.headers : .continuation
      request.append(HTTP2Frame(kind: kind, stream: 1, payload: Array(block.prefix(16_000))))
      block.removeFirst(min(16_000, block.count))
    }
    request[request.count - 1].flags = HTTP2Frame.endsHeaders
    request.append(.data(HTTP2Frame.message([1]), stream: 1, flags: HTTP2Frame.endsStream))
    let frames = await RawClient.frames(
      fromPort: port,
      sending: HTTP2Frame.preface + HTTP2Frame.settings().bytes + request.bytes,
      until: { $0.kind == .data || $0.kind == .resetStream || $0.kind == .goAway }
    )
    #expect(frames.last?.kind == .data && frames.last?.contains("300000") == true, "\(frames.map(\.kind))")
  }

  @Test("A header block of some frames arrives, in both directions, again and again")
  func someFrames() async throws {
    var serverConfiguration = Server.Configuration()
    serverConfiguration.maxRequestMetadataBytes = 400_000
    serverConfiguration.maxResponseMetadataBytes = 400_000
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.maxRequestMetadataBytes = 400_000
    channelConfiguration.maxResponseMetadataBytes = 400_000
    let test = try TestServer(configuration: serverConfiguration, channelConfiguration: channelConfiguration) {
      request,
      _ in
      ServerResponse(message: request.message, metadata: ["answer": request.metadata["value"].first ?? ""])
    }
    let value = Metadata.Value.string(String(repeating: "v", count: 300_000))
    for number in UInt8(0)..<20 {
      let response = try await test.call([number], metadata: ["value": value])
      #expect(response.message == [number])
      #expect(response.metadata["answer"].first == value)
    }
  }
}
