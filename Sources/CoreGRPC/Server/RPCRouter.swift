/// The methods of a server, each with its handler.
///
/// A handler runs in a task of its own for each call. That task is cancelled when the client cancels or goes away, when
/// the deadline passes, and when the server stops before the call is done. An ``RPCError`` that the handler throws
/// becomes the call's status, unless it is the error of a call that the handler made (see ``RPCError``). Any other
/// error becomes UNKNOWN, and its text goes to ``CoreGRPCLog`` alone.
public struct RPCRouter: Sendable {
  private var methodsByPath: [String: Method] = [:]

  /// The methods that were registered again.
  private var duplicates: [Duplicate] = []

  /// The type of the service that is registering its methods; `nil` while none is.
  private var registrant: String?

  /// The bound of the essential methods that are being registered; `nil` while other methods are.
  private var essentialCalls: Int?

  private struct Method: Sendable {
    let descriptor: MethodDescriptor
    let registrant: String?
    let essentialCalls: Int?
    let makeHandler: @Sendable ([any ServerInterceptor]) -> MethodHandler
  }

  private struct Duplicate: Sendable {
    let descriptor: MethodDescriptor
    let registrants: (String?, String?)

    /// The services that registered the handlers, as far as they are known.
    var origin: String {
      switch registrants {
      case (let first?, let second?): ", by \(first) and by \(second)"
      case (let one?, nil), (nil, let one?): ", once by \(one)"
      case (nil, nil): ""
      }
    }
  }

  /// Creates a router without methods.
  public init() {}

  /// The methods, in no particular order.
  public var methods: [MethodDescriptor] { methodsByPath.values.map(\.descriptor) }

  /// The number of methods.
  public var count: Int { methodsByPath.count }

  /// Returns whether a method has a handler.
  public func hasHandler(forMethod descriptor: MethodDescriptor) -> Bool { methodsByPath[descriptor.path] != nil }

  /// Removes the handler of a method, which may then be registered anew.
  ///
  /// A server has the methods that its router had when the server was made.
  ///
  /// - Returns: Whether the method had a handler.
  @discardableResult
  public mutating func removeHandler(forMethod descriptor: MethodDescriptor) -> Bool {
    duplicates.removeAll { $0.descriptor.path == descriptor.path }
    return methodsByPath.removeValue(forKey: descriptor.path) != nil
  }

  /// The error of methods that were registered twice; `nil` if none was.
  var duplicateError: RuntimeError? {
    guard let first = duplicates.first else { return nil }
    let others =
      switch duplicates.count {
      case 1: ""
      case 2: "; so is another method"
      case let count: "; so are \(count - 1) other methods"
      }
    let message = "the server cannot start: \(first.descriptor) is registered twice\(first.origin)\(others)"
    return RuntimeError(code: .duplicateMethod, message: message)
  }

  /// Registers the methods of a service.
  mutating func register(_ service: any RegistrableRPCService) {
    registrant = String(describing: type(of: service))
    service.registerMethods(with: &self)
    registrant = nil
  }

  /// Registers the methods of a service that the server answers whatever else it does, as a health service.
  ///
  /// A server that has ``Server/Configuration/maxConcurrentCalls`` takes their calls, too, and does not count them with
  /// the others. Their handlers run on the server's own polling threads, whatever its
  /// ``Server/Configuration/handlerExecutor``, and never elsewhere. So they must be quick, and never block: the service
  /// is one of this package. A method to which an interceptor applies runs where others do, because the interceptor is
  /// the program's.
  ///
  /// The other limits hold. Exempt from ``Server/Configuration/cancellationLimit``, these methods would be a way around
  /// it.
  ///
  /// - Parameters:
  ///   - service: The service.
  ///   - maxConcurrentCalls: The largest number of calls in progress of each method. Further ones end with
  ///     RESOURCE_EXHAUSTED.
  package mutating func registerEssentialMethods(of service: some RegistrableRPCService, maxConcurrentCalls: Int) {
    essentialCalls = maxConcurrentCalls
    service.registerMethods(with: &self)
    essentialCalls = nil
  }

  /// Returns the methods with their handlers, numbered.
  func routes(
    interceptors: [ConditionalInterceptor<any ServerInterceptor>],
    observers: [any ServerCallObserver] = []
  ) -> [Route] {
    methodsByPath.values.enumerated().map { index, method in
      let applicable = interceptors.filter { $0.applies(to: method.descriptor) }.map(\.interceptor)
      return Route(
        descriptor: method.descriptor,
        index: index,
        handler: method.makeHandler(applicable),
        essentialCalls: method.essentialCalls,
        staysOnPollers: method.essentialCalls != nil && applicable.isEmpty,
        isIntercepted: !applicable.isEmpty,
        observer: JoinedServerCallObservers(observers.map { $0.observer(forMethod: method.descriptor) })
      )
    }
  }

  /// Registers the handler of a unary method.
  ///
  /// Registering a method again keeps the first handler, and ``Server/start()`` throws.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - deserializer: The deserializer of the messages that the client sends.
  ///   - serializer: The serializer of the messages that the server sends.
  ///   - handler: The handler, which receives and returns one message.
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
  /// Registering a method again keeps the first handler, and ``Server/start()`` throws.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - deserializer: The deserializer of the messages that the client sends.
  ///   - serializer: The serializer of the messages that the server sends.
  ///   - handler: The handler, which receives a stream and returns one message.
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
  /// Registering a method again keeps the first handler, and ``Server/start()`` throws.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - deserializer: The deserializer of the messages that the client sends.
  ///   - serializer: The serializer of the messages that the server sends.
  ///   - handler: The handler, which receives one message and returns a stream.
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
  /// Registering a method again keeps the first handler, and ``Server/start()`` throws.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - deserializer: The deserializer of the messages that the client sends.
  ///   - serializer: The serializer of the messages that the server sends.
  ///   - handler: The handler, which receives and returns a stream.
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
    if let method = methodsByPath[descriptor.path] {
      return duplicates.append(Duplicate(descriptor: descriptor, registrants: (method.registrant, registrant)))
    }
    methodsByPath[descriptor.path] = Method(
      descriptor: descriptor,
      registrant: registrant,
      essentialCalls: essentialCalls,
      makeHandler: makeHandler
    )
  }
}
