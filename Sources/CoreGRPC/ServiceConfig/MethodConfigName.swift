extension MethodConfig {
  /// The methods that a ``MethodConfig`` is for.
  public struct Name: Sendable, Hashable {
    private enum Value: Hashable {
      case all
      case service(ServiceDescriptor)
      case method(MethodDescriptor)
    }

    private let value: Value

    private init(value: Value) { self.value = value }

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

    /// The methods of a service, or one of them.
    ///
    /// - Parameters:
    ///   - service: The service's name with its package; empty for every service.
    ///   - method: The method's own name; empty, the default, for every method of the service. A method without a
    ///     service is not valid.
    public init(service: String, method: String = "") {
      if service.isEmpty, method.isEmpty {
        self = .all
      } else if method.isEmpty {
        self = .service(service)
      } else {
        self = .method(MethodDescriptor(fullyQualifiedService: service, method: method))
      }
    }

    /// The service's name with its package; empty for every service.
    public var service: String {
      switch value {
      case .all: ""
      case .service(let service): service.fullyQualifiedService
      case .method(let method): method.service.fullyQualifiedService
      }
    }

    /// The method's own name; empty for every method.
    public var method: String { if case .method(let method) = value { method.method } else { "" } }

    func json(field: String) throws(RuntimeError) -> JSONValue {
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
