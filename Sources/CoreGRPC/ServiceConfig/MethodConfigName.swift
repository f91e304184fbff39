extension MethodConfig {
  /// Which methods a ``MethodConfig`` is for.
  public struct Name: Sendable, Hashable {
    private enum Value: Hashable {
      case all
      case service(ServiceDescriptor)
      case method(MethodDescriptor)
    }

    private let value: Value

    /// Every method of every service.
    public static var all: Name { Name(value: .all) }

    /// The methods of a service.
    public static func service(_ service: ServiceDescriptor) -> Name { Name(value: .service(service)) }

    /// The methods of the service with a name, for instance `greeter.Greeter`.
    public static func service(_ fullyQualifiedService: String) -> Name {
      .service(ServiceDescriptor(fullyQualifiedService: fullyQualifiedService))
    }

    /// One method.
    public static func method(_ method: MethodDescriptor) -> Name { Name(value: .method(method)) }

    func json(field: String) throws(RPCError) -> JSONValue {
      switch value {
      case .all:
        return .object(JSONObject())
      case .service(let service):
        return .object(["service": try .name(service.fullyQualifiedService, field: "\(field).service")])
      case .method(let method):
        return .object([
          "service": try .name(method.service.fullyQualifiedService, field: "\(field).service"),
          "method": try .name(method.method, field: "\(field).method"),
        ])
      }
    }
  }
}
