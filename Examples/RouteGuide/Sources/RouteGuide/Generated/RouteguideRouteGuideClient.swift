public import CoreGRPC
import CoreGRPCProtobuf

extension Routeguide_RouteGuide {
  /// Calls the service `routeguide.RouteGuide`.
  public struct Client: Sendable {
    private let channel: Channel

    /// Creates a client that makes its calls on `channel`.
    public init(channel: Channel) { self.channel = channel }

    /// Answers the feature at a point; one without a name, if there is none.
    public func getFeature(
      _ message: Routeguide_Point,
      metadata: Metadata = [:],
      options: CallOptions = .defaults
    ) async throws(RPCError) -> Routeguide_Feature {
      try await getFeature(request: ClientRequest(message: message, metadata: metadata), options: options).message
    }

    /// Answers the feature at a point; one without a name, if there is none.
    ///
    /// With the metadata of both directions.
    public func getFeature(
      request: ClientRequest<Routeguide_Point>,
      options: CallOptions = .defaults
    ) async throws(RPCError) -> ClientResponse<Routeguide_Feature> {
      try await channel.unary(
        request: request,
        descriptor: Method.GetFeature.descriptor,
        serializer: ProtobufSerializer<Routeguide_Point>(),
        deserializer: ProtobufDeserializer<Routeguide_Feature>(),
        options: options
      )
    }

    /// Answers the features in a rectangle, one after the other.
    ///
    /// - Parameter onResponse: Reads the messages; when it returns, the call ends.
    public func listFeatures<Result: Sendable>(
      _ message: Routeguide_Rectangle,
      metadata: Metadata = [:],
      options: CallOptions = .defaults,
      onResponse: (RPCAsyncSequence<Routeguide_Feature>) async throws -> Result
    ) async throws -> Result {
      try await listFeatures(request: ClientRequest(message: message, metadata: metadata), options: options) {
        response in
        try await onResponse(response.messages)
      }
    }

    /// Answers the features in a rectangle, one after the other.
    ///
    /// With the metadata of both directions.
    public func listFeatures<Result: Sendable>(
      request: ClientRequest<Routeguide_Rectangle>,
      options: CallOptions = .defaults,
      onResponse: (StreamingClientResponse<Routeguide_Feature>) async throws -> Result
    ) async throws -> Result {
      try await channel.serverStreaming(
        request: request,
        descriptor: Method.ListFeatures.descriptor,
        serializer: ProtobufSerializer<Routeguide_Rectangle>(),
        deserializer: ProtobufDeserializer<Routeguide_Feature>(),
        options: options,
        onResponse: onResponse
      )
    }

    /// Takes the points of a route, and answers what was met on it.
    ///
    /// - Parameter producer: Writes the messages; when it returns, the client's side of the call is closed.
    public func recordRoute(
      producer: @escaping StreamingClientRequest<Routeguide_Point>.Producer,
      metadata: Metadata = [:],
      options: CallOptions = .defaults
    ) async throws(RPCError) -> Routeguide_RouteSummary {
      try await recordRoute(request: StreamingClientRequest(metadata: metadata, producer: producer), options: options)
        .message
    }

    /// Takes the points of a route, and answers what was met on it.
    ///
    /// With the metadata of both directions.
    public func recordRoute(
      request: StreamingClientRequest<Routeguide_Point>,
      options: CallOptions = .defaults
    ) async throws(RPCError) -> ClientResponse<Routeguide_RouteSummary> {
      try await channel.clientStreaming(
        request: request,
        descriptor: Method.RecordRoute.descriptor,
        serializer: ProtobufSerializer<Routeguide_Point>(),
        deserializer: ProtobufDeserializer<Routeguide_RouteSummary>(),
        options: options
      )
    }

    /// Takes notes about places, and answers each with the notes that were taken at the same place before.
    ///
    /// - Parameters:
    ///   - producer: Writes the messages; when it returns, the client's side of the call is closed.
    ///   - onResponse: Reads the messages; when it returns, the call ends.
    public func routeChat<Result: Sendable>(
      producer: @escaping StreamingClientRequest<Routeguide_RouteNote>.Producer,
      metadata: Metadata = [:],
      options: CallOptions = .defaults,
      onResponse: (RPCAsyncSequence<Routeguide_RouteNote>) async throws -> Result
    ) async throws -> Result {
      try await routeChat(request: StreamingClientRequest(metadata: metadata, producer: producer), options: options) {
        response in
        try await onResponse(response.messages)
      }
    }

    /// Takes notes about places, and answers each with the notes that were taken at the same place before.
    ///
    /// With the metadata of both directions.
    public func routeChat<Result: Sendable>(
      request: StreamingClientRequest<Routeguide_RouteNote>,
      options: CallOptions = .defaults,
      onResponse: (StreamingClientResponse<Routeguide_RouteNote>) async throws -> Result
    ) async throws -> Result {
      try await channel.bidirectionalStreaming(
        request: request,
        descriptor: Method.RouteChat.descriptor,
        serializer: ProtobufSerializer<Routeguide_RouteNote>(),
        deserializer: ProtobufDeserializer<Routeguide_RouteNote>(),
        options: options,
        onResponse: onResponse
      )
    }
  }
}
