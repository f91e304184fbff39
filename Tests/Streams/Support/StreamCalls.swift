package import CoreGRPC

/// Makes calls of the four kinds to a server that obeys the directives of `stream_server.py`.
package struct StreamCalls: Sendable {
  package typealias Producer = StreamingClientRequest<[UInt8]>.Producer

  /// No call of a test may outlive the test; those that are about deadlines set their own.
  package static let patience = CallOptions(timeout: .seconds(60))

  package let channel: Channel

  package init(channel: Channel) { self.channel = channel }

  /// Makes a call that sends these messages.
  package func call(
    _ kind: StreamKind,
    _ messages: [[UInt8]],
    metadata: Metadata = [:],
    options: CallOptions = Self.patience
  ) async -> StreamOutcome {
    await call(kind, first: messages.first ?? [], metadata: metadata, options: options) { writer in
      for message in messages { try await writer.write(message) }
    }
  }

  /// Makes a call that sends what `producer` writes; or `first`, if the kind allows for one message only.
  package func call(
    _ kind: StreamKind,
    first: [UInt8],
    metadata: Metadata,
    options: CallOptions = Self.patience,
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
            options: options
          )
        )
      case .clientStreaming:
        outcome = StreamOutcome(
          try await channel.clientStreaming(
            request: StreamingClientRequest(metadata: metadata, producer: producer),
            descriptor: kind.descriptor,
            serializer: IdentitySerializer(),
            deserializer: IdentityDeserializer(),
            options: options
          )
        )
      case .serverStreaming:
        try await channel.serverStreaming(
          request: ClientRequest(message: first, metadata: metadata),
          descriptor: kind.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer(),
          options: options,
          onResponse: { response in try await outcome.read(response) }
        )
      case .bidirectional:
        try await channel.bidirectionalStreaming(
          request: StreamingClientRequest(metadata: metadata, producer: producer),
          descriptor: kind.descriptor,
          serializer: IdentitySerializer(),
          deserializer: IdentityDeserializer(),
          options: options,
          onResponse: { response in try await outcome.read(response) }
        )
      }
    } catch let error as RPCError {
      outcome.error = error
    } catch {
      outcome.error = RPCError(code: .unknown, message: "the call ended with an error that is no RPCError: \(error)")
    }
    return outcome
  }

  /// Makes a stream in both directions with a reader of the test's choice.
  package func bidirectional<Result: Sendable>(
    metadata: Metadata = [:],
    producer: @escaping Producer,
    onResponse: (StreamingClientResponse<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await channel.bidirectionalStreaming(
      request: StreamingClientRequest(metadata: metadata, producer: producer),
      descriptor: StreamKind.bidirectional.descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: Self.patience,
      onResponse: onResponse
    )
  }

  /// The answer to a directive that tells about other calls.
  package func ask(_ directive: String, _ value: String) async -> String {
    let outcome = await call(.unary, [], metadata: ["x-test-\(directive)": .string(value)])
    if let error = outcome.error { return "\(error)" }
    return outcome.messages.map { String(decoding: $0, as: UTF8.self) }.joined()
  }
}
