import TestSupport
import Testing

@testable import CoreGRPC

@Suite("Inflating within a limit", .timeLimit(.minutes(5)))
struct MessageInflationTests {
  /// Returns the bytes that a client sends for `message` with gzip: a server that does not inflate gets them as they
  /// came.
  private func compressed(_ message: [UInt8]) async throws -> [UInt8] {
    var configuration = Server.Configuration()
    configuration.compression.enabledAlgorithms = .all
    configuration.additionalArguments = ["grpc.per_message_decompression": 0]
    let test = try TestServer(configuration: configuration)
    let bytes = try await test.call(message, options: CallOptions(compression: .gzip)).message
    await test.server.shutdown()
    return bytes
  }

  private func inflate(_ bytes: [UInt8], limit: Int) throws(RPCError) -> [UInt8] {
    let inflated = try MessageBuffer.inPieces(bytes).withUnsafePieces { (pieces) throws(RPCError) in
      try MessageInflation.inflate(pieces, windowBits: 31, limit: limit)
    }
    return inflated.withBytes { [UInt8](copying: $0) }
  }

  @Test("A message comes out whole, up to the limit and no further", arguments: [100, 65_536, 65_537, 1_000_000])
  func limit(size: Int) async throws {
    let message = (0..<size).map { UInt8(truncatingIfNeeded: $0 / 100) }
    let bytes = try await compressed(message)
    #expect(bytes.count < message.count)
    #expect(try inflate(bytes, limit: size) == message)
    let error = #expect(throws: RPCError.self) { try inflate(bytes, limit: size - 1) }
    #expect(error?.code == .resourceExhausted)
  }

  @Test("Bytes that are not a compressed message are refused")
  func broken() async throws {
    let bytes = try await compressed([UInt8](repeating: 7, count: 10_000))
    let cases: [[UInt8]] = [[], [1, 2, 3], Array(bytes.dropLast(10)), [0x1F, 0x8B] + Array(bytes.dropFirst(3))]
    for broken in cases {
      let error = #expect(throws: RPCError.self) { try inflate(broken, limit: 1_000_000) }
      #expect(error?.code == .internalError)
    }
  }

  @Test("Streams are inflated in both directions, and within the limit")
  func streams() async throws {
    var serverConfiguration = Server.Configuration()
    serverConfiguration.compression = Compression(algorithm: .gzip, enabledAlgorithms: .all)
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.compression = Compression(algorithm: .gzip, enabledAlgorithms: .all)
    try await withStreamServer(configuration: serverConfiguration) { test in
      let channel = try Channel(target: test.address.description, configuration: channelConfiguration)
      func echo(_ messages: [[UInt8]]) async throws -> [[UInt8]] {
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest { writer in try await writer.write(contentsOf: messages) },
          descriptor: StreamServer.bidirectional
        ) { response in
          try await response.messages.reduce(into: []) { $0.append($1) }
        }
      }
      let messages = [[], [UInt8](repeating: 1, count: 1_000), [UInt8](repeating: 2, count: 4 << 20)]
      let answers = try await echo(messages)
      #expect(answers == messages)
      #expect(await rpcError { try await echo([[UInt8](repeating: 3, count: 5 << 20)]) }?.code == .resourceExhausted)
      await test.server.shutdown(gracePeriod: .seconds(10))
    }
  }
}
