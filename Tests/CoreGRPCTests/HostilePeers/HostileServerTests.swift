import TestSupport
import Testing

@testable import CoreGRPC

/// Bytes that a server may answer a call with, and the code that the call ends with.
struct HostileAnswer: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// `nil` for a call that succeeds.
  let codes: [RPCError.Code?]
  /// The codes of a call whose response is a stream, which may have any number of messages.
  var codesOfStream: [RPCError.Code?]
  /// Whether the server says that it has not seen the call, which C-core then makes again where calls are retried.
  var isUnseen = false
  var script: ScriptedServer.Script

  /// The whole answer in frames.
  init(_ name: String, _ codes: RPCError.Code?..., frames: @escaping @Sendable (UInt32) -> [HTTP2Frame]) {
    self.init(name, codes) { frames($0).bytes }
  }

  /// An answer after which the server closes the connection.
  static func closing(
    _ name: String,
    _ codes: RPCError.Code?...,
    bytes: @escaping @Sendable (UInt32) -> [UInt8]
  ) -> HostileAnswer {
    var answer = HostileAnswer(name, codes, bytes: bytes)
    answer.script.closes = true
    return answer
  }

  /// A connection that begins with something else than HTTP/2.
  static func greeting(_ name: String, _ bytes: [UInt8]) -> HostileAnswer {
    var answer = HostileAnswer(name, [.unavailable]) { _ in [] }
    answer.script.greeting = bytes
    answer.script.waitsForRequest = false
    answer.script.closes = true
    return answer
  }

  init(_ name: String, _ codes: [RPCError.Code?], bytes: @escaping @Sendable (UInt32) -> [UInt8]) {
    testDescription = name
    self.codes = codes
    self.codesOfStream = codes
    script = ScriptedServer.Script(answer: bytes)
  }

  /// A response of one message whose trailers are these.
  static func trailers(_ name: String, _ codes: RPCError.Code?..., fields: [(String, String)]) -> HostileAnswer {
    HostileAnswer(name, codes) { stream in
      [.response(stream: stream), .data(HTTP2Frame.message([1]), stream: stream), .trailers(fields, stream: stream)]
        .bytes
    }
  }

  /// A response without a message and without more.
  static func headersOnly(_ name: String, _ codes: RPCError.Code?..., fields: [(String, String)]) -> HostileAnswer {
    HostileAnswer(name, codes) { [.trailers(fields, stream: $0)].bytes }
  }

  /// A response with this as its data, and the status OK.
  static func data(_ name: String, _ codes: RPCError.Code?..., bytes: [UInt8], encoding: String? = nil) -> HostileAnswer
  {
    data(name, codes, bytes: bytes, encoding: encoding)
  }

  static func data(_ name: String, _ codes: [RPCError.Code?], bytes: [UInt8], encoding: String? = nil) -> HostileAnswer
  {
    var answer = HostileAnswer(name, codes) { stream in
      let headers: HTTP2Frame =
        if let encoding {
          .response(stream: stream, ("grpc-encoding", encoding))
        } else {
          .response(stream: stream)
        }
      return [headers, .data(bytes, stream: stream), .trailers([("grpc-status", "0")], stream: stream)].bytes
    }
    // One message too many, or one too few. An encoding can be what is not implemented, too.
    if encoding == nil { answer.codesOfStream = codes.map { $0 == .unimplemented ? nil : $0 } }
    return answer
  }

  /// Something between the headers and the rest of a good response.
  static func within(
    _ name: String,
    _ codes: RPCError.Code?...,
    frames: @escaping @Sendable (UInt32) -> [HTTP2Frame]
  )
    -> HostileAnswer
  {
    HostileAnswer(name, codes) { stream in
      let (message, end) = (HTTP2Frame.message([1]), [("grpc-status", "0")])
      return
        ([.response(stream: stream)] + frames(stream) + [
          .data(message, stream: stream), .trailers(end, stream: stream),
        ])
        .bytes
    }
  }
}

/// The kinds of calls that are not made as one batch, at either end.
enum StreamingCall: CaseIterable {
  case interceptedUnary, clientStreaming, serverStreaming, bidirectional

  var hasOneResponse: Bool { self == .interceptedUnary || self == .clientStreaming }

  func makeChannel(to target: String, _ configuration: Channel.Configuration) throws -> Channel {
    let interceptors: [any ClientInterceptor] = self == .interceptedUnary ? [PassThrough()] : []
    return try Channel(target: target, configuration: configuration, interceptors: interceptors)
  }

  /// Sends one message, and returns the messages that come back.
  func make(on channel: Channel, _ message: [UInt8], options: CallOptions = .defaults) async throws -> [[UInt8]] {
    let stream = StreamingClientRequest<[UInt8]> { try await $0.write(message) }
    switch self {
    case .interceptedUnary: return [try await channel.echo(message, options: options).message]
    case .clientStreaming:
      let response: ClientResponse<[UInt8]> = try await channel.clientStreaming(
        request: stream,
        descriptor: StreamServer.clientStreaming,
        options: options
      )
      return [response.message]
    case .serverStreaming:
      return try await channel.serverStreaming(
        request: ClientRequest(message: message),
        descriptor: StreamServer.serverStreaming,
        options: options,
        onResponse: Self.messages
      )
    case .bidirectional:
      return try await channel.bidirectionalStreaming(
        request: stream,
        descriptor: StreamServer.bidirectional,
        options: options,
        onResponse: Self.messages
      )
    }
  }

  private nonisolated(nonsending) static func messages(
    of response: StreamingClientResponse<[UInt8]>
  ) async throws -> [[UInt8]] {
    try await response.messages.reduce(into: []) { $0.append($1) }
  }
}

@Suite("Bytes of a hostile server", .timeLimit(.minutes(5)))
struct HostileServerTests {
  /// A channel of another connection, which no hostile server disturbs.
  private static let other = Result { try TestServer() }

  @Test("A call ends, with the code that gRPC says, and the next calls succeed", arguments: HostileAnswer.all)
  func answer(_ answer: HostileAnswer) async throws {
    let server = ScriptedServer(answer.script)
    var configuration = Channel.Configuration()
    configuration.backoff = .init(initial: .milliseconds(1), max: .milliseconds(2))
    let channel = try Channel(target: server.target, configuration: configuration)
    let other = try Self.other.get()
    async let beside = other.call([7])

    let error = await rpcError { try await channel.echo() }
    #expect(answer.codes.contains(error?.code), "\(String(describing: error))")
    let isUndisturbed = try await beside.message == [7]
    #expect(isUndisturbed)
    // Over a connection of its own: the hostile one may not have come to its end yet.
    configuration.usesLocalSubchannelPool = true
    let fresh = try Channel(target: server.target, configuration: configuration)
    let next = try await fresh.echo([4, 5], options: CallOptions(waitForReady: true)).message
    #expect(next == [4, 5])
  }

  @Test("So does a call of another kind", arguments: StreamingCall.allCases, HostileAnswer.all)
  func answer(toCall call: StreamingCall, _ answer: HostileAnswer) async throws {
    let server = ScriptedServer(answer.script)
    var configuration = Channel.Configuration()
    configuration.backoff = .init(initial: .milliseconds(1), max: .milliseconds(2))
    let channel = try call.makeChannel(to: server.target, configuration)
    let error = await rpcError { _ = try await call.make(on: channel, [1, 2, 3]) }
    let codes = call.hasOneResponse ? answer.codes : answer.codesOfStream
    #expect(codes.contains(error?.code), "\(String(describing: error))")
    configuration.usesLocalSubchannelPool = true
    let fresh = try call.makeChannel(to: server.target, configuration)
    let next = try await call.make(on: fresh, [4, 5], options: CallOptions(waitForReady: true))
    #expect(next == [[4, 5]])
  }

  @Test(
    "So does a call of a channel that can retry, and has no deadline",
    arguments: HostileAnswer.all
  )
  func answerToRetries(_ answer: HostileAnswer) async throws {
    let server = ScriptedServer(answer.script)
    var configuration = Channel.Configuration()
    configuration.allowsRetries = true
    let channel = try Channel(target: server.target, configuration: configuration)
    let error = await rpcError { try await channel.echo() }
    #expect(answer.codes.contains(error?.code) || error == nil && answer.isUnseen, "\(String(describing: error))")
    configuration.usesLocalSubchannelPool = true
    let fresh = try Channel(target: server.target, configuration: configuration)
    #expect(try await fresh.echo([4], options: CallOptions(waitForReady: true)).message == [4])
  }

  @Test(
    "A stream, and a channel that can retry, refuse a compressed message without a known encoding, too",
    .enabled(if: MessageFlags.isAvailable),
    arguments: [nil, "identity", "snappy"],
    [true, false]
  )
  func mislabelled(encoding: String?, allowsRetries: Bool) async throws {
    let answer = HostileAnswer.data("", nil, bytes: HTTP2Frame.message([1], flags: 1), encoding: encoding)
    var configuration = Channel.Configuration()
    configuration.allowsRetries = allowsRetries
    let servers = (ScriptedServer(answer.script), ScriptedServer(answer.script))
    defer { withExtendedLifetime(servers) {} }
    let unary = try Channel(target: servers.0.target, configuration: configuration)
    let error = await #expect(throws: RPCError.self) { try await unary.echo() }
    #expect(error?.code == .internalError)
    #expect(error?.message == "the message is compressed, and its grpc-encoding is missing or unknown")
    #expect(try await unary.echo([4]).message == [4])
    let streaming = try Channel(target: servers.1.target, configuration: configuration)
    let code = await #expect(throws: RPCError.self) {
      try await streaming.serverStreaming(
        request: ClientRequest(message: [1]),
        descriptor: StreamServer.serverStreaming
      ) { (response: StreamingClientResponse<[UInt8]>) in
        for try await _ in response.messages { Issue.record("a message came") }
      }
    }?.code
    #expect(code == .internalError)
  }
}
