public import CoreGRPC

/// The services that gRFC A38 gives to the administrators of a process: ``ChannelzService`` and
/// ``ClientStatusDiscoveryService``.
///
/// Give them to a server of their own, which listens where administrators alone can connect:
///
/// ```swift
/// let admin = Server(services: [AdminServices()])
/// try admin.listen(on: .tcp(host: "127.0.0.1", port: 50052))
/// ```
public struct AdminServices: RegistrableRPCService {
  /// Creates the services.
  public init() {}

  /// Registers the methods of both services.
  public func registerMethods(with router: inout RPCRouter) {
    ChannelzService().registerMethods(with: &router)
    ClientStatusDiscoveryService().registerMethods(with: &router)
  }
}
