/// The name of a method.
public struct MethodDescriptor: Sendable, Hashable, CustomStringConvertible {
  /// The service that the method belongs to.
  public let service: ServiceDescriptor

  /// The method's own name, for instance `SayHello`.
  public let method: String

  /// What HTTP/2 carries as the call's path, for instance `/compute.Compute/SayHello`.
  let path: String

  /// Creates a descriptor.
  public init(service: ServiceDescriptor, method: String) {
    self.service = service
    self.method = method
    self.path = "/\(service.fullyQualifiedService)/\(method)"
  }

  /// Creates a descriptor.
  ///
  /// - Parameters:
  ///   - fullyQualifiedService: The service's name with its package, for instance `compute.Compute`.
  ///   - method: The method's own name, for instance `SayHello`.
  public init(fullyQualifiedService: String, method: String) {
    self.init(service: ServiceDescriptor(fullyQualifiedService: fullyQualifiedService), method: method)
  }

  /// The service's and the method's name, for instance `compute.Compute/SayHello`.
  public var fullyQualifiedMethod: String { String(path.dropFirst()) }

  /// The service's and the method's name.
  public var description: String { fullyQualifiedMethod }
}
