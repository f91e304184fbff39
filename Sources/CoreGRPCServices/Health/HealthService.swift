public import CoreGRPC
public import CoreGRPCProtobuf
public import ProtobufC

/// gRPC's health service, `grpc.health.v1.Health`, which tells clients and orchestrators whether a server serves.
///
/// ```swift
/// let health = HealthService()
/// let server = Server(services: [GreeterService(), health])
/// health.provider.updateStatus(.serving, forService: Greeter_Greeter.descriptor)
/// ```
///
/// The service implements `Check`, `Watch` and, from gRFC A90, `List`, as gRPC's health checking protocol says. The
/// empty name stands for the whole server, and is ``ServingStatus/serving`` from the start. A service without a status
/// is unknown: `Check` answers NOT_FOUND, `Watch` SERVICE_UNKNOWN and later the statuses that it gets. `List` ends with
/// RESOURCE_EXHAUSTED if more than 100 services have a status.
///
/// As soon as a server begins to shut down, it answers NOT_SERVING for every service, whatever the ``provider`` is told
/// later. Its watches get NOT_SERVING, and end with UNAVAILABLE. If several servers have the same health service, each
/// answers for itself.
///
/// A server answers these calls while `Server.Configuration.maxConcurrentCalls` others are in progress, while every
/// handler blocks or computes, and whatever the executor of its handlers. Interceptors are an exception: where one
/// applies to this service, the calls run where the other handlers do.
///
/// Use a health service from any thread. Its copies share their statuses.
public struct HealthService: ProtobufService {
  /// The object that the program tells the statuses of its services.
  public let provider: Provider

  /// The largest number of calls of each of the service's methods that a server has in progress.
  let maxConcurrentCalls: Int

  private let statuses: HealthStatuses

  /// Creates a health service in which the whole server, with the empty name, is ``ServingStatus/serving``.
  ///
  /// - Parameter maxConcurrentCalls: The largest number of calls of each of the service's methods that a server has in
  ///   progress, apart from all other calls. Defaults to 10,000. Further ones end with RESOURCE_EXHAUSTED. It bounds
  ///   the watches, of which a client that checks the health of its connections has one on each.
  public init(maxConcurrentCalls: Int = 10_000) {
    self.maxConcurrentCalls = maxConcurrentCalls
    statuses = HealthStatuses()
    provider = Provider(statuses: statuses)
  }

  /// The name of the service: `grpc.health.v1.Health`.
  public static var descriptor: ServiceDescriptor { Grpc_Health_V1_Health.descriptor }

  /// The file that declares the service: `grpc/health/v1/health.proto`.
  public static var protoFileDescriptor: ProtoFileDescriptor { Grpc_Health_V1_HealthFile.descriptor }

  /// The number of watches in progress.
  var watchCount: Int { statuses.watchCount }

  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) {
    router.registerEssentialMethods(of: HealthMethods(statuses: statuses), maxConcurrentCalls: maxConcurrentCalls)
  }
}

extension HealthService {
  /// The object that a program tells the statuses of its services.
  ///
  /// Use it from any thread.
  public struct Provider: Sendable {
    fileprivate let statuses: HealthStatuses

    /// Sets the status of a service, which becomes known to clients by that.
    ///
    /// Clients that watch the service learn of a change. A client that reads slowly gets the newest status only.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - service: The service. It need not be one of the server's.
    public func updateStatus(_ status: ServingStatus, forService service: ServiceDescriptor) {
      updateStatus(status, forService: service.fullyQualifiedService)
    }

    /// Sets the status of a service, which becomes known to clients by that.
    ///
    /// Clients that watch the service learn of a change. A client that reads slowly gets the newest status only.
    ///
    /// - Parameters:
    ///   - status: The status.
    ///   - service: The service's name with its package, or another name that clients ask for. The empty one stands for
    ///     the whole server.
    public func updateStatus(_ status: ServingStatus, forService service: String) {
      statuses.update(status, forService: service)
    }
  }
}
