/// The methods that a server offers, each with its handler.
///
/// A handler runs in a task of its own for each call. That task is cancelled when the client cancels or goes away, when the
/// deadline passes, and when the server stops before the call is done. An ``RPCError`` that the handler throws becomes the
/// call's status; any other error becomes UNKNOWN, and its text goes to ``CoreGRPCLog`` alone.
public struct RPCRouter: Sendable {
  private var routes: [String: Route] = [:]

  struct Route: Sendable {
    let descriptor: MethodDescriptor
    let handler: MethodHandler
  }

  /// Creates a router without methods.
  public init() {}

  /// The methods, in no particular order.
  public var methods: [MethodDescriptor] { routes.values.map(\.descriptor) }

  func route(forPath path: String) -> Route? { routes[path] }

  /// Registers the handler of a unary method.
  ///
  /// - Precondition: The method has no handler yet.
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    let unary = UnaryHandler(deserializer: deserializer, serializer: serializer) { request, context in
      try await HandlerOutcome.reporting(context.descriptor) { try await handler(request, context) }
    }
    register(.unary(unary), for: descriptor)
  }

  /// Registers the handler of a method with a stream of messages from the client.
  ///
  /// - Precondition: The method has no handler yet.
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    register(
      .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: handler)),
      for: descriptor
    )
  }

  /// Registers the handler of a method with a stream of messages to the client.
  ///
  /// - Precondition: The method has no handler yet.
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    registerHandler(forMethod: descriptor, deserializer: deserializer, serializer: serializer) {
      (request: StreamingServerRequest<Input>, context) in
      try await handler(ServerRequest(first: request), context)
    }
  }

  /// Registers the handler of a method with a stream of messages in each direction.
  ///
  /// - Precondition: The method has no handler yet.
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler:
      @escaping @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) {
    register(
      .stream(StreamHandler(deserializer: deserializer, serializer: serializer, handler: handler)),
      for: descriptor
    )
  }

  private mutating func register(_ handler: MethodHandler, for descriptor: MethodDescriptor) {
    precondition(routes[descriptor.path] == nil, "\(descriptor) was registered twice")
    routes[descriptor.path] = Route(descriptor: descriptor, handler: handler)
  }
}

/// A method's handler.
enum MethodHandler: Sendable {
  /// Starts when the request's message is there.
  case unary(UnaryHandler)
  /// Starts at once, and receives the messages itself.
  case stream(StreamHandler)
}
