public import CoreGRPC
import CoreGRPCProtobuf

extension Routeguide_RouteGuide {
  /// The service with metadata: implement it to see the client's metadata, or to send some.
  public protocol ServiceProtocol: RegistrableRPCService {
    /// Answers the feature at a point; one without a name, if there is none.
    func getFeature(
      request: ServerRequest<Routeguide_Point>,
      context: ServerContext
    ) async throws -> ServerResponse<Routeguide_Feature>

    /// Answers the features in a rectangle, one after the other.
    func listFeatures(
      request: ServerRequest<Routeguide_Rectangle>,
      context: ServerContext
    ) async throws -> StreamingServerResponse<Routeguide_Feature>

    /// Takes the points of a route, and answers what was met on it.
    func recordRoute(
      request: StreamingServerRequest<Routeguide_Point>,
      context: ServerContext
    ) async throws -> ServerResponse<Routeguide_RouteSummary>

    /// Takes notes about places, and answers each with the notes that were taken at the same place before.
    func routeChat(
      request: StreamingServerRequest<Routeguide_RouteNote>,
      context: ServerContext
    ) async throws -> StreamingServerResponse<Routeguide_RouteNote>
  }

  /// The service with messages alone: what most services want to implement.
  public protocol SimpleServiceProtocol: ServiceProtocol {
    /// Answers the feature at a point; one without a name, if there is none.
    func getFeature(request: Routeguide_Point, context: ServerContext) async throws -> Routeguide_Feature

    /// Answers the features in a rectangle, one after the other.
    func listFeatures(
      request: Routeguide_Rectangle,
      response: RPCWriter<Routeguide_Feature>,
      context: ServerContext
    ) async throws

    /// Takes the points of a route, and answers what was met on it.
    func recordRoute(
      request: RPCAsyncSequence<Routeguide_Point>,
      context: ServerContext
    ) async throws -> Routeguide_RouteSummary

    /// Takes notes about places, and answers each with the notes that were taken at the same place before.
    func routeChat(
      request: RPCAsyncSequence<Routeguide_RouteNote>,
      response: RPCWriter<Routeguide_RouteNote>,
      context: ServerContext
    ) async throws
  }
}

extension Routeguide_RouteGuide.ServiceProtocol {
  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(
      forMethod: Routeguide_RouteGuide.Method.GetFeature.descriptor,
      deserializer: ProtobufDeserializer<Routeguide_Point>(),
      serializer: ProtobufSerializer<Routeguide_Feature>(),
      handler: { request, context in try await self.getFeature(request: request, context: context) }
    )
    router.registerHandler(
      forMethod: Routeguide_RouteGuide.Method.ListFeatures.descriptor,
      deserializer: ProtobufDeserializer<Routeguide_Rectangle>(),
      serializer: ProtobufSerializer<Routeguide_Feature>(),
      handler: { request, context in try await self.listFeatures(request: request, context: context) }
    )
    router.registerHandler(
      forMethod: Routeguide_RouteGuide.Method.RecordRoute.descriptor,
      deserializer: ProtobufDeserializer<Routeguide_Point>(),
      serializer: ProtobufSerializer<Routeguide_RouteSummary>(),
      handler: { request, context in try await self.recordRoute(request: request, context: context) }
    )
    router.registerHandler(
      forMethod: Routeguide_RouteGuide.Method.RouteChat.descriptor,
      deserializer: ProtobufDeserializer<Routeguide_RouteNote>(),
      serializer: ProtobufSerializer<Routeguide_RouteNote>(),
      handler: { request, context in try await self.routeChat(request: request, context: context) }
    )
  }
}

extension Routeguide_RouteGuide.SimpleServiceProtocol {
  /// Passes the message on and answers without metadata.
  public func getFeature(
    request: ServerRequest<Routeguide_Point>,
    context: ServerContext
  ) async throws -> ServerResponse<Routeguide_Feature> {
    ServerResponse(message: try await getFeature(request: request.message, context: context))
  }

  /// Passes the messages on and answers without metadata.
  public func listFeatures(
    request: ServerRequest<Routeguide_Rectangle>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Routeguide_Feature> {
    StreamingServerResponse { writer in
      try await listFeatures(request: request.message, response: writer, context: context)
      return [:]
    }
  }

  /// Passes the messages on and answers without metadata.
  public func recordRoute(
    request: StreamingServerRequest<Routeguide_Point>,
    context: ServerContext
  ) async throws -> ServerResponse<Routeguide_RouteSummary> {
    ServerResponse(message: try await recordRoute(request: request.messages, context: context))
  }

  /// Passes the messages on and answers without metadata.
  public func routeChat(
    request: StreamingServerRequest<Routeguide_RouteNote>,
    context: ServerContext
  ) async throws -> StreamingServerResponse<Routeguide_RouteNote> {
    StreamingServerResponse { writer in
      try await routeChat(request: request.messages, response: writer, context: context)
      return [:]
    }
  }
}
