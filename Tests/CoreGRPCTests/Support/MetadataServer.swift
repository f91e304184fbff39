import CoreGRPC
import TestSupport

/// A server with a method of each kind, which answers as a request's metadata asks, and channels to it.
///
/// `x-do` says what a handler does instead of answering one message: it throws an error with a long `message`, or with
/// long `error-metadata`, sends long `initial` or `trailing` metadata, or the request's metadata as both (`echo`).
/// `x-size` is the length.
struct MetadataServer: Sendable {
  let server: Server
  let address: ListenAddress

  /// A kind of call.
  enum Kind: String, CaseIterable, Sendable {
    case unary = "Unary"
    case clientStreaming = "ClientStreaming"
    case serverStreaming = "ServerStreaming"
    case bidirectional = "Bidirectional"

    var method: MethodDescriptor { MethodDescriptor(fullyQualifiedService: "test.Metadata", method: rawValue) }
  }

  init(
    configuration: Server.Configuration = Server.Configuration(),
    credentials: ServerCredentials = .insecure,
    interceptors: [any ServerInterceptor] = []
  ) throws {
    var router = RPCRouter()
    router.registerHandler(forMethod: Kind.unary.method) { (request: ServerRequest<[UInt8]>, _) in
      let answer = try Self.answer(to: request.metadata)
      return ServerResponse(message: [1], metadata: answer.initial, trailingMetadata: answer.trailing)
    }
    router.registerHandler(forMethod: Kind.clientStreaming.method) { (request: StreamingServerRequest<[UInt8]>, _) in
      let answer = try Self.answer(to: request.metadata)
      _ = try await request.messages.reduce(0) { sum, _ in sum + 1 }
      return ServerResponse(message: [1], metadata: answer.initial, trailingMetadata: answer.trailing)
    }
    router.registerHandler(forMethod: Kind.serverStreaming.method) { (request: ServerRequest<[UInt8]>, _) in
      let answer = try Self.answer(to: request.metadata)
      return StreamingServerResponse(metadata: answer.initial) { writer in
        try await writer.write([1])
        return answer.trailing
      }
    }
    router.registerHandler(forMethod: Kind.bidirectional.method) { (request: StreamingServerRequest<[UInt8]>, _) in
      let isEarly = ["initial", "echo"].contains(request.metadata[stringValues: "x-do"].first)
      let initial = isEarly ? try Self.answer(to: request.metadata).initial : [:]
      return StreamingServerResponse(metadata: initial) { writer in
        let answer = try Self.answer(to: request.metadata)
        for try await message in request.messages { try await writer.write(message) }
        return answer.trailing
      }
    }
    server = Server(router: router, configuration: configuration, interceptors: interceptors)
    address = try server.listen(on: ListenAddress("127.0.0.1:0"), credentials: credentials)
    try server.start()
  }

  private static func answer(to request: Metadata) throws -> (initial: Metadata, trailing: Metadata) {
    let text = String(repeating: "x", count: request[stringValues: "x-size"].first.flatMap(Int.init) ?? 0)
    switch request[stringValues: "x-do"].first {
    case "message": throw RPCError(code: .notFound, message: text)
    case "error-metadata": throw RPCError(code: .notFound, message: "m", metadata: ["x-long": .string(text)])
    case "echo": return (request, request)
    case "initial": return (["x-short": "s", "x-long": .string(text)], [:])
    case "trailing": return ([:], ["x-short": "s", "x-long": .string(text)])
    default: return ([:], [:])
    }
  }
}

/// Runs `body` with a ``MetadataServer``, which is shut down also when `body` throws.
func withMetadataServer<Result>(
  configuration: Server.Configuration = Server.Configuration(),
  credentials: ServerCredentials = .insecure,
  interceptors: [any ServerInterceptor] = [],
  body: (MetadataServer) async throws -> Result
) async throws -> Result {
  let test = try MetadataServer(configuration: configuration, credentials: credentials, interceptors: interceptors)
  return try await withShutdown(of: test.server) { try await body(test) }
}

extension Channel {
  /// Calls a method of ``MetadataServer`` with one message each way.
  func call(
    _ kind: MetadataServer.Kind,
    metadata: Metadata = [:],
    options: CallOptions = .defaults
  ) async throws -> ClientResponse<[UInt8]> {
    switch kind {
    case .unary:
      try await echo([1], method: kind.method, metadata: metadata, options: options)
    case .clientStreaming:
      try await clientStreaming(
        request: StreamingClientRequest(single: ClientRequest(message: [1], metadata: metadata)),
        descriptor: kind.method,
        options: options
      )
    case .serverStreaming:
      try await serverStreaming(
        request: ClientRequest(message: [1], metadata: metadata),
        descriptor: kind.method,
        options: options,
        onResponse: { response in try await ClientResponse(single: response) }
      )
    case .bidirectional:
      try await bidirectionalStreaming(
        request: StreamingClientRequest(single: ClientRequest(message: [1], metadata: metadata)),
        descriptor: kind.method,
        options: options,
        onResponse: { response in try await ClientResponse(single: response) }
      )
    }
  }
}
