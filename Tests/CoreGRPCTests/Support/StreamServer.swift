import CoreGRPC
import TestSupport

/// A server with streaming handlers of the test's choice, and a channel to it.
struct StreamServer: Sendable {
  let server: Server
  let address: ListenAddress
  let channel: Channel

  static let bidirectional = MethodDescriptor(fullyQualifiedService: "test.Test", method: "Bidirectional")
  static let clientStreaming = MethodDescriptor(fullyQualifiedService: "test.Test", method: "ClientStreaming")
  static let serverStreaming = MethodDescriptor(fullyQualifiedService: "test.Test", method: "ServerStreaming")

  typealias Messages = [UInt8]
  typealias Bidirectional =
    @Sendable (StreamingServerRequest<[UInt8]>, ServerContext) async throws -> StreamingServerResponse<[UInt8]>

  /// Answers each message with itself.
  static let echo: Bidirectional = { request, _ in
    StreamingServerResponse(metadata: ["x-initial": "i"]) { writer in
      for try await message in request.messages { try await writer.write(message) }
      return ["x-trailing": "t"]
    }
  }

  /// - Parameter bidirectional: Serves ``bidirectional``; by default it echoes. ``clientStreaming`` answers the sum of
  ///   the messages' lengths, two bytes big-endian; ``serverStreaming`` sends as many one-byte messages as the request
  ///   has bytes.
  init(
    configuration: Server.Configuration = Server.Configuration(),
    bidirectional: @escaping Bidirectional = Self.echo
  ) throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: Self.bidirectional, handler: bidirectional)
    router.registerHandler(forMethod: Self.clientStreaming) { (request: StreamingServerRequest<[UInt8]>, _) in
      let sum = try await request.messages.reduce(0) { $0 + $1.count }
      return ServerResponse(
        message: [UInt8(sum >> 8 & 255), UInt8(sum & 255)],
        metadata: ["x-initial": "i"],
        trailingMetadata: ["x-trailing": "t"]
      )
    }
    router.registerHandler(forMethod: Self.serverStreaming) { (request: ServerRequest<[UInt8]>, _) in
      StreamingServerResponse { writer in
        try await writer.write(contentsOf: request.message.map { [$0] })
        return ["x-trailing": "t"]
      }
    }
    server = Server(router: router, configuration: configuration)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"))
    try server.start()
    channel = try Channel(target: address.description)
  }

  nonisolated(nonsending) func bidirectional<Result: Sendable>(
    metadata: Metadata = [:],
    options: CallOptions = .defaults,
    producer: @escaping StreamingClientRequest<[UInt8]>.Producer,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await channel.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: metadata, producer: producer),
      descriptor: Self.bidirectional,
      options: options,
      onResponse: onResponse
    )
  }

  /// Sends the messages and collects what comes back.
  func echo(_ messages: [[UInt8]], options: CallOptions = .defaults) async throws -> [[UInt8]] {
    try await bidirectional(options: options) { writer in
      try await writer.write(contentsOf: messages)
    } onResponse: { response in
      try await response.messages.reduce(into: []) { $0.append($1) }
    }
  }
}

/// Runs `body` with a ``StreamServer``, which is shut down also when `body` throws.
func withStreamServer<Result>(
  configuration: Server.Configuration = Server.Configuration(),
  bidirectional: @escaping StreamServer.Bidirectional = StreamServer.echo,
  body: (StreamServer) async throws -> Result
) async throws -> Result {
  let test = try StreamServer(configuration: configuration, bidirectional: bidirectional)
  return try await withShutdown(of: test.server) { try await body(test) }
}
