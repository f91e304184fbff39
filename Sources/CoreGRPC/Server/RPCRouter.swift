/// The methods that a server offers, each with its handler.
public struct RPCRouter: Sendable {
  private var routes: [String: Route] = [:]

  struct Route: Sendable {
    let descriptor: MethodDescriptor
    let handler: UnaryHandler
  }

  /// Creates a router without methods.
  public init() {}

  /// The methods, in no particular order.
  public var methods: [MethodDescriptor] { routes.values.map(\.descriptor) }

  func route(forPath path: String) -> Route? { routes[path] }

  /// Registers the handler of a unary method.
  ///
  /// The handler runs in a task of its own for each call. That task is cancelled when the client cancels or goes away,
  /// when the deadline passes, and when the server stops before the call is done. An ``RPCError`` that the handler throws
  /// becomes the call's status; any other error becomes UNKNOWN, and its text stays here.
  ///
  /// - Precondition: The method has no handler yet.
  public mutating func registerHandler<Input: Sendable, Output: Sendable>(
    forMethod descriptor: MethodDescriptor,
    deserializer: some MessageDeserializer<Input>,
    serializer: some MessageSerializer<Output>,
    handler: @escaping @Sendable (ServerRequest<Input>, ServerContext) async throws -> ServerResponse<Output>
  ) {
    precondition(routes[descriptor.path] == nil, "\(descriptor) was registered twice")
    routes[descriptor.path] = Route(
      descriptor: descriptor,
      handler: UnaryHandler(deserializer: deserializer, serializer: serializer, handler: handler)
    )
  }
}
