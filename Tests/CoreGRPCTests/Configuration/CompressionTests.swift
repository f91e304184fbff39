import CoreGRPC
import TestSupport
import Testing

@Suite("Compression", .timeLimit(.minutes(5)))
struct CompressionTests {
  private let message = [UInt8](repeating: 7, count: 10_000)

  /// An end that accepts every algorithm, and shows messages as they came: C-core is told not to inflate them.
  private static let opened: (Compression, [String: ChannelArgument]) =
    (Compression(enabledAlgorithms: .all), ["grpc.per_message_decompression": false])

  /// A server that answers what it received, as it came.
  private func mirror(channelConfiguration: Channel.Configuration = .init()) throws -> TestServer {
    var configuration = Server.Configuration()
    (configuration.compression, configuration.additionalArguments) = Self.opened
    return try TestServer(configuration: configuration, channelConfiguration: channelConfiguration)
  }

  /// The algorithm by which bytes are compressed, going by how they begin.
  private func algorithm(of bytes: [UInt8]) -> CompressionAlgorithm {
    bytes.starts(with: [0x1F, 0x8B]) ? .gzip : bytes.starts(with: [0x78]) ? .deflate : .identity
  }

  @Test("A request is compressed if the call asks for it, and not by default")
  func perCall() async throws {
    let test = try mirror()
    try await withShutdown(of: test.server) {
      for wanted in [nil, .identity, .gzip, .deflate] as [CompressionAlgorithm?] {
        let answer = try await test.call(message, options: CallOptions(compression: wanted)).message
        #expect(algorithm(of: answer) == wanted ?? .identity)
        #expect(answer.count < 100 || answer == message)
      }
    }
  }

  @Test("A channel compresses if its configuration asks for it, unless the call does not")
  func perChannel() async throws {
    var configuration = Channel.Configuration()
    configuration.compression.algorithm = .gzip
    let test = try mirror(channelConfiguration: configuration)
    try await withShutdown(of: test.server) {
      #expect(algorithm(of: try await test.call(message).message) == .gzip)
      let plain = try await test.call(message, options: CallOptions(compression: .identity)).message
      #expect(plain == message)
      let received = try await test.channel.serverStreaming(
        request: ClientRequest(message: message),
        descriptor: TestServer.echo
      ) { response in try await response.messages.reduce(into: [UInt8]()) { $0 += $1 } }
      #expect(algorithm(of: received) == .gzip)
    }
  }

  @Test("A server inflates what it accepts, and ends a call with UNIMPLEMENTED that uses something else")
  func accepted() async throws {
    for (accepted, algorithm, code) in [
      ([], .gzip, .unimplemented), ([.gzip], .gzip, nil), (.gzip, .deflate, .unimplemented), (.all, .deflate, nil),
    ] as [(CompressionAlgorithmSet, CompressionAlgorithm, RPCError.Code?)] {
      var configuration = Server.Configuration()
      configuration.compression.enabledAlgorithms = accepted
      try await withTestServer(configuration: configuration) { request, _ in
        ServerResponse(message: [UInt8(request.message.count >> 8)])
      } body: { test in
        let error = await rpcError {
          let answer = try await test.call(message, options: CallOptions(compression: algorithm))
          #expect(answer.message == [UInt8(10_000 >> 8)])
          return answer
        }
        #expect(error?.code == code, "\(accepted) \(algorithm)")
      }
    }
  }

  @Test("A server compresses responses as the client accepts them")
  func responses() async throws {
    for (preferred, accepted, expected) in [
      (.identity, .all, .identity), (.gzip, [], .identity), (.gzip, .gzip, .gzip), (.gzip, .all, .gzip),
      (.gzip, .deflate, .deflate),
      (.deflate, .all, .deflate), (.deflate, .gzip, .gzip),
    ] as [(CompressionAlgorithm, CompressionAlgorithmSet, CompressionAlgorithm)] {
      var serverConfiguration = Server.Configuration()
      serverConfiguration.compression.algorithm = preferred
      var configuration = Channel.Configuration()
      configuration.compression.enabledAlgorithms = accepted
      try await withTestServer(configuration: serverConfiguration, channelConfiguration: configuration) { test in
        let inflated = try await test.call(message).message
        #expect(inflated == message)
        configuration.additionalArguments = Self.opened.1
        let raw = try Channel(target: test.address.description, configuration: configuration)
        let answer = try await raw.echo(message).message
        #expect(algorithm(of: answer) == expected, "\(preferred) \(accepted)")
      }
    }
  }

  @Test(
    "A message that inflates beyond the limit of the receiver is refused",
    arguments: [CompressionAlgorithm.gzip, .deflate]
  )
  func bomb(algorithm: CompressionAlgorithm) async throws {
    var configuration = Server.Configuration()
    configuration.compression.enabledAlgorithms = .all
    try await withTestServer(configuration: configuration) { _, _ in
      ServerResponse(message: [])
    } body: { test in
      let fits = [UInt8](repeating: 0, count: 4 * 1024 * 1024)
      let options = CallOptions(compression: algorithm)
      let answer = try await test.call(fits, options: options).message
      #expect(answer == [])
      let error = await #expect(throws: RPCError.self) { try await test.call(fits + [0], options: options) }
      #expect(error?.code == .resourceExhausted)
    }
  }

  @Test("A set has no bits without a meaning")
  func set() {
    #expect(CompressionAlgorithmSet(rawValue: 255) == .all)
    #expect(CompressionAlgorithmSet(rawValue: 1) == [])
  }
}
