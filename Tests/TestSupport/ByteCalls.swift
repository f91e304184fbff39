public import CoreGRPC

// Handlers and calls whose messages are bytes, which most tests are content with.

extension RPCRouter {
  /// Registers a unary method.
  public mutating func registerHandler(
    forMethod descriptor: MethodDescriptor,
    handler:
      nonisolated(nonsending) @escaping @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws ->
      ServerResponse<[UInt8]>
  ) {
    registerHandler(
      forMethod: descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: handler
    )
  }

  /// Registers a client streaming method.
  public mutating func registerHandler(
    forMethod descriptor: MethodDescriptor,
    handler:
      @escaping @Sendable (StreamingServerRequest<[UInt8]>, ServerContext) async throws -> ServerResponse<[UInt8]>
  ) {
    registerHandler(
      forMethod: descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: handler
    )
  }

  /// Registers a server streaming method.
  public mutating func registerHandler(
    forMethod descriptor: MethodDescriptor,
    handler:
      @escaping @Sendable (ServerRequest<[UInt8]>, ServerContext) async throws -> StreamingServerResponse<[UInt8]>
  ) {
    registerHandler(
      forMethod: descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: handler
    )
  }

  /// Registers a bidirectional streaming method.
  public mutating func registerHandler(
    forMethod descriptor: MethodDescriptor,
    handler:
      @escaping @Sendable (StreamingServerRequest<[UInt8]>, ServerContext) async throws ->
      StreamingServerResponse<[UInt8]>
  ) {
    registerHandler(
      forMethod: descriptor,
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: handler
    )
  }
}

extension Channel {
  /// Calls a unary method.
  public func unary(
    request: ClientRequest<[UInt8]>,
    descriptor: MethodDescriptor,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<[UInt8]> {
    try await unary(
      request: request,
      descriptor: descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: options
    )
  }

  /// Calls a client streaming method.
  public func clientStreaming(
    request: StreamingClientRequest<[UInt8]>,
    descriptor: MethodDescriptor,
    options: CallOptions = .defaults
  ) async throws(RPCError) -> ClientResponse<[UInt8]> {
    try await clientStreaming(
      request: request,
      descriptor: descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: options
    )
  }

  /// Calls a server streaming method.
  public nonisolated(nonsending) func serverStreaming<Result: Sendable>(
    request: ClientRequest<[UInt8]>,
    descriptor: MethodDescriptor,
    options: CallOptions = .defaults,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await serverStreaming(
      request: request,
      descriptor: descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: options,
      onResponse: onResponse
    )
  }

  /// Calls a bidirectional streaming method.
  public nonisolated(nonsending) func bidirectionalStreaming<Result: Sendable>(
    request: StreamingClientRequest<[UInt8]>,
    descriptor: MethodDescriptor,
    options: CallOptions = .defaults,
    onResponse: nonisolated(nonsending) (StreamingClientResponse<[UInt8]>) async throws -> Result
  ) async throws -> Result {
    try await bidirectionalStreaming(
      request: request,
      descriptor: descriptor,
      serializer: IdentitySerializer(),
      deserializer: IdentityDeserializer(),
      options: options,
      onResponse: onResponse
    )
  }
}
