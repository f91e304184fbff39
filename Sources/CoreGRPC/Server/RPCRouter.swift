/// The methods that a server offers, each with its handler.
///
/// A handler runs in a task of its own for each call. That task is cancelled when the client cancels or goes away, when the
/// deadline passes, and when the server stops before the call is done. An ``RPCError`` that the handler throws becomes the
/// call's status, unless it comes out of a call that the handler made (see there); any other error becomes UNKNOWN, and its text goes to ``CoreGRPCLog`` alone.
public struct RPCRouter: Sendable {
  private var methodsByPath: [String: Method] = [:]

  private struct Method: Sendable {
    let descriptor: MethodDescriptor
    let makeHandler: @Sendable ([any ServerInterceptor]) -> MethodHandler
  }

  /// Creates a router without methods.
  public init() {}

  /// The methods, in no particular order.
  public var methods: [MethodDescriptor] { methodsByPath.values.map(\.descriptor) }

  /// The methods with their handlers, numbered.
  func routes(interceptors: [ConditionalInterceptor<any ServerInterceptor>]) -> [Route] {
    methodsByPath.values.enumerated().map { index, method in
      let applicable = interceptors.filter { $0.applies(to: method.descriptor) }.map(\.interceptor)
      return Route(descriptor: method.descriptor, index: index, handler: method.makeHandler(applicable))
    }
  }

  /// Registers the handler of a unary method.
  ///
  /// - Precondition: The method has no handler yet.
  @inlinable
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      nonisolated(nonsending) @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws ->
      ServerResponse<Output>
  ) {
    registerUnary(
      descriptor,
      UnaryHandler(deserializer: deserializer, serializer: serializer, handler: handler),
      deserializer: deserializer,
      serializer: serializer,
      handler: handler
    )
  }

  /// Registers a unary method, whose handler is a stream's where interceptors apply.
  @usableFromInline
  mutating func registerUnary<Input: Sendable, Output: Sendable>(
    _ descriptor: MethodDescriptor,
    _ unary: UnaryHandler,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      nonisolated(nonsending) @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws ->
      ServerResponse<Output>
  ) {
    register(descriptor) { interceptors in
      guard interceptors.isEmpty else {
        let chain = ServerPipeline<Input, Output>(interceptors: interceptors) { request, context in
          StreamingServerResponse(single: try await handler(ServerRequest(single: request), context))
        }
        return .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: chain.respond))
      }
      return .unary(unary)
    }
  }

  /// Registers the handler of a method with a stream of messages from the client.
  ///
  /// - Precondition: The method has no handler yet.
  @inlinable
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    register(descriptor) { interceptors in
      guard interceptors.isEmpty else {
        let chain = ServerPipeline<Input, Output>(interceptors: interceptors) { request, context in
          StreamingServerResponse(single: try await handler(request, context))
        }
        return .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: chain.respond))
      }
      return .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: handler))
    }
  }

  /// Registers the handler of a method with a stream of messages to the client.
  ///
  /// - Precondition: The method has no handler yet.
  @inlinable
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    registerHandler(forMethod: descriptor, deserializer: deserializer, serializer: serializer) {
      (request: StreamingServerRequest<Input>, context) in
      try await handler(ServerRequest(single: request), context)
    }
  }

  /// Registers the handler of a method with a stream of messages in each direction.
  ///
  /// - Precondition: The method has no handler yet.
  @inlinable
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    register(descriptor) { interceptors in
      let chain = ServerPipeline<Input, Output>(interceptors: interceptors, handler: handler)
      return .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: chain.respond))
    }
  }

  @usableFromInline
  mutating func register(
    _ descriptor: MethodDescriptor,
    makeHandler: @escaping @Sendable ([any ServerInterceptor]) -> MethodHandler
  ) {
    precondition(methodsByPath[descriptor.path] == nil, "\(descriptor) was registered twice")
    methodsByPath[descriptor.path] = Method(descriptor: descriptor, makeHandler: makeHandler)
  }
}
