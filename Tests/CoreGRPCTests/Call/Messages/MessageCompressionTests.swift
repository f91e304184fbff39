import CoreGRPC
import TestSupport
import Testing

@Suite("Compression of single messages", .timeLimit(.minutes(5)))
struct MessageCompressionTests {
  private let message = [UInt8](repeating: 7, count: 10_000)

  private struct Setup {
    let server: Server
    let channel: Channel
  }

  private struct PassOn: ClientInterceptor, ServerInterceptor {
    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingClientRequest<Input>,
      context: ClientContext,
      next: (StreamingClientRequest<Input>, ClientContext) async throws -> StreamingClientResponse<Output>
    ) async throws -> StreamingClientResponse<Output> {
      var request = request
      request.producer = { [producer = request.producer] writer in
        try await producer(writer.mapMessages { (message) async throws(RPCError) in message })
      }
      return try await next(request, context).awaitingFirstMessage()
    }

    func intercept<Input: Sendable, Output: Sendable>(
      request: StreamingServerRequest<Input>,
      context: ServerContext,
      next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
    ) async throws -> StreamingServerResponse<Output> {
      var request = request
      request.messages = request.messages.mapMessages { (message) async throws(RPCError) in message }
      return try await next(request, context)
    }
  }

  /// A server whose unary method answers whether the request came compressed, with a response that is compressed as the
  /// request's `x-compression` says, or as the server does; and whose streams do the same message by message.
  private func setUp(
    _ default: CompressionAlgorithm = .identity,
    intercepted: Bool
  ) throws -> Setup {
    @Sendable func algorithm(_ metadata: Metadata) -> CompressionAlgorithm? {
      let known: [CompressionAlgorithm] = [.identity, .gzip, .deflate]
      return known.first { $0.description == metadata[stringValues: "x-compression"].first }
    }
    let padding = [UInt8](repeating: 7, count: 1_000)
    var router = RPCRouter()
    router.registerHandler(forMethod: TestServer.echo) { (request: ServerRequest<[UInt8]>, _) in
      ServerResponse(
        message: [request.wasCompressed ? 1 : 0] + padding,
        compression: algorithm(request.metadata)
      )
    }
    router.registerHandler(forMethod: StreamServer.bidirectional) { (request: StreamingServerRequest<[UInt8]>, _) in
      StreamingServerResponse(compression: algorithm(request.metadata)) { writer in
        for try await message in request.messages.receivedMessages {
          let options = WriteOptions(allowsCompression: !message.wasCompressed)
          try await writer.write([message.wasCompressed ? 1 : 0] + padding, options: options)
        }
        return [:]
      }
    }
    var configuration = Server.Configuration()
    configuration.compression = Compression(algorithm: `default`, enabledAlgorithms: .all)
    let server = Server(
      router: router,
      configuration: configuration,
      interceptors: intercepted ? [PassOn()] : []
    )
    var channelConfiguration = Channel.Configuration()
    channelConfiguration.compression.enabledAlgorithms = .gzip
    let channel = try server.makeInProcessChannel(
      configuration: channelConfiguration,
      interceptors: intercepted ? [PassOn()] : []
    )
    return Setup(server: server, channel: channel)
  }

  @Test("Both ends learn whether a message came compressed", arguments: [false, true])
  func unary(intercepted: Bool) async throws {
    let setup = try setUp(intercepted: intercepted)
    try await withShutdown(of: setup.server) {
      for (sent, answer) in [(.gzip, "identity"), (.identity, "gzip"), (.deflate, "deflate"), (nil, nil)]
        as [(CompressionAlgorithm?, String?)]
      {
        let response = try await setup.channel.echo(
          message,
          metadata: answer.map { ["x-compression": .string($0)] } ?? [:],
          options: CallOptions(compression: sent)
        )
        #expect(response.message.first == (sent == nil || sent == .identity ? 0 : 1))
        #expect(response.wasCompressed == (answer == "gzip" || answer == "deflate"), "\(answer ?? "nothing")")
      }
    }
  }

  @Test("A response goes by its own algorithm, and without one by the server's", arguments: [false, true])
  func response(intercepted: Bool) async throws {
    let setup = try setUp(.gzip, intercepted: intercepted)
    try await withShutdown(of: setup.server) {
      for (answer, isCompressed) in [(nil, true), ("identity", false), ("gzip", true)] as [(String?, Bool)] {
        let metadata: Metadata = answer.map { ["x-compression": .string($0)] } ?? [:]
        let response = try await setup.channel.echo(message, metadata: metadata)
        #expect(response.wasCompressed == isCompressed)
      }
    }
  }

  @Test("Single messages of a stream can be left uncompressed, by both ends", arguments: [false, true])
  func streams(intercepted: Bool) async throws {
    let setup = try setUp(intercepted: intercepted)
    try await withShutdown(of: setup.server) {
      let answers = try await setup.channel.bidirectionalStreaming(
        request: StreamingClientRequest<[UInt8]>(metadata: ["x-compression": "gzip"]) { [message] writer in
          for isCompressed in [true, false, false, true] {
            try await writer.write(message, options: WriteOptions(allowsCompression: isCompressed))
          }
          try await writer.write(contentsOf: [message, message], options: WriteOptions(allowsCompression: false))
          try await writer.write(contentsOf: [message])
        },
        descriptor: StreamServer.bidirectional,
        options: CallOptions(compression: .gzip)
      ) { response in
        try await response.messages.receivedMessages.reduce(into: []) { $0.append($1) }
      }
      #expect(answers.map { $0.message.first } == [1, 0, 0, 1, 0, 0, 1])
      // The server leaves uncompressed what answers a compressed message.
      #expect(answers.map(\.wasCompressed) == [false, true, true, false, true, true, false])
    }
  }
}
