/// The name of a service.
public struct ServiceDescriptor: Sendable, Hashable, CustomStringConvertible {
  /// The service's name with its package, for instance `compute.Compute`.
  public let fullyQualifiedService: String

  /// Creates a descriptor.
  ///
  /// - Parameter fullyQualifiedService: The name with its package, for instance `compute.Compute`.
  public init(fullyQualifiedService: String) { self.fullyQualifiedService = fullyQualifiedService }

  /// The service's name with its package.
  public var description: String { fullyQualifiedService }
}
