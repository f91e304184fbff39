/// The name of a service.
public struct ServiceDescriptor: Sendable, Hashable, CustomStringConvertible {
  /// The service's name with its package, for instance `compute.Compute`.
  public var fullyQualifiedService: String

  /// Creates a descriptor.
  ///
  /// - Parameter fullyQualifiedService: The name with its package, for instance `compute.Compute`.
  public init(fullyQualifiedService: String) { self.fullyQualifiedService = fullyQualifiedService }

  /// Creates a descriptor.
  ///
  /// - Parameters:
  ///   - package: The package; empty for none.
  ///   - service: The service's own name, for instance `Compute`.
  public init(package: String, service: String) {
    self.init(fullyQualifiedService: package.isEmpty ? service : "\(package).\(service)")
  }

  /// The package, for instance `compute`; empty if there is none.
  public var package: String {
    fullyQualifiedService.lastIndex(of: ".").map { String(fullyQualifiedService[..<$0]) } ?? ""
  }

  /// The service's own name, for instance `Compute`.
  public var service: String {
    fullyQualifiedService.lastIndex(of: ".").map { String(fullyQualifiedService[$0...].dropFirst()) }
      ?? fullyQualifiedService
  }

  /// The service's name with its package.
  public var description: String { fullyQualifiedService }
}
