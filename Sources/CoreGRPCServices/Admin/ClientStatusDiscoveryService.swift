public import CoreGRPC

/// Envoy's client status discovery service (CSDS), `envoy.service.status.v3.ClientStatusDiscoveryService`, which tells
/// tools such as grpcdebug the xDS resources that the process's channels and servers have got.
///
/// ```swift
/// let server = Server(services: [GreeterService(), ClientStatusDiscoveryService()])
/// ```
///
/// The data is C-core's, for the whole process: see gRFC A40. Each request gets all of it; what a request says of nodes
/// is ignored. Where nothing in the process uses xDS, the answer is empty.
///
/// The service passes C-core's bytes on. The package has no code for Envoy's messages, and so reflection tells the
/// service's name only.
///
/// Use it from any thread.
public struct ClientStatusDiscoveryService: RegistrableRPCService {
  /// Creates a client status discovery service.
  public init() {}

  /// The name of the service: `envoy.service.status.v3.ClientStatusDiscoveryService`.
  public static let descriptor = ServiceDescriptor(
    fullyQualifiedService: "envoy.service.status.v3.ClientStatusDiscoveryService"
  )

  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) {
    router.registerHandler(
      forMethod: MethodDescriptor(service: Self.descriptor, method: "FetchClientStatus", type: .unary),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (_: ServerRequest<[UInt8]>, _) in
        ServerResponse(message: XDSConfigurationDump.clientStatusResponse)
      }
    )
    router.registerHandler(
      forMethod: MethodDescriptor(
        service: Self.descriptor,
        method: "StreamClientStatus",
        type: .bidirectionalStreaming
      ),
      deserializer: IdentityDeserializer(),
      serializer: IdentitySerializer(),
      handler: { (request: StreamingServerRequest<[UInt8]>, _) in
        StreamingServerResponse { writer in
          for try await _ in request.messages { try await writer.write(XDSConfigurationDump.clientStatusResponse) }
          return [:]
        }
      }
    )
  }
}
