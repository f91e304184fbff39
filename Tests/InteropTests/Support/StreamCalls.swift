import CoreGRPC
import Testing

/// How a call went: what came before its end, and its end.
struct StreamOutcome: Sendable {
  var metadata = Metadata()
  var messages: [[UInt8]] = []
  /// The metadata that came with the status; after an error it has them.
  var trailingMetadata = Metadata()
  var error: RPCError?
}

/// Makes calls of the four kinds to a server that obeys the directives of `Python/stream_server.py`.
struct StreamCalls: Sendable {
  typealias Producer = StreamingClientRequest<[UInt8]>.Producer

  let channel: Channel

  /// Makes a call that sends these messages.
  func call(
    _ kind: StreamKind,
    _ messages: [[UInt8]],
    metadata: Metadata = [:],
    timeout: Duration = .seconds(60)
  ) async -> StreamOutcome {
    await call(kind, first: messages.first ?? [], metadata: metadata, timeout: timeout) { writer in
      for message in messages { try await writer.write(message) }
    }
  }

  /// Makes a call that sends what `producer` writes; or `first`, if the kind allows for one message only.
  func call(
    _ kind: StreamKind,
    first: [UInt8],
    metadata: Metadata,
    timeout: Duration = .seconds(60),
    producer: @escaping Producer
  ) async -> StreamOutcome {
    var outcome = StreamOutcome()
    do {
      switch kind {
      case .unary:
        outcome = StreamOutcome(
          try await channel.unary(
            request: ClientRequest(message: first, metadata: metadata),
            descriptor: kind.descriptor,
            serializer: IdentitySerializer(),
            deserializer: IdentityDeserializer(),
            options: CallOptions(timeout: timeout)
          )
        )
      case .clientStreaming:
        outcome = StreamOutcome(
          try await channel.clientStreaming(
            request: StreamingClientRequest(metadata: metadata, producer: producer),
            descriptor: kind.descriptor,
            serializer: IdentitySerializer(),
            deserializer: IdentityDeserializer(),
            options: CallOptions(timeout: timeout)
          )
        )
      case .serverStreaming:
        try await channel.serverStreaming(
          request: ClientRequest(message: first, metadata: metadata),
          descriptor: kind.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer(),
          options: CallOptions(timeout: timeout),
          onResponse: { response in try await outcome.read(response) }
        )
      case .bidirectional:
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest(metadata: metadata, producer: producer),
          descriptor: kind.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer(),
          options: CallOptions(timeout: timeout),
          onResponse: { response in try await outcome.read(response) }
        )
      }
    } catch let error as RPCError {
      outcome.error = error
    } catch {
      Issue.record("\(kind.rawValue) ended with an error that is no RPCError: \(error)")
    }
    return outcome
  }

  /// Makes a stream in both directions with a reader of the test's choice.
  func bidirectional<Result: Sendable>(
    metadata: Metadata = [:],
    producer: @escaping Producer,
    onResponse: (StreamingClientResponse<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await channel.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: metadata, producer: producer),
      descriptor: StreamKind.bidirectional.descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: CallOptions(timeout: .seconds(60)),
      onResponse: onResponse
    )
  }

  /// The answer to a directive that tells about other calls.
  func ask(_ directive: String, _ value: String) async -> String {
    let outcome = await call(.unary, [], metadata: ["x-test-\(directive)": .string(value)])
    if let error = outcome.error { return "\(error)" }
    return outcome.messages.map { String(decoding: $0, as: UTF8.self) }.joined()
  }
}

extension StreamOutcome {
  fileprivate init(_ response: ClientResponse<[UInt8]>) {
    self.init(
      metadata: response.metadata,
      messages: [response.message],
      trailingMetadata: response.trailingMetadata
    )
  }

  fileprivate mutating func read(_ response: StreamingClientResponse<[UInt8]>) async throws {
    metadata = response.metadata
    for try await message in response.messages { messages.append(message) }
    trailingMetadata = try await response.trailingMetadata()
  }
}
