/// An interceptor with the methods that it applies to.
public struct ConditionalInterceptor<Interceptor: Sendable>: Sendable {
  /// The methods that an interceptor applies to.
  public struct Subject: Sendable {
    private enum Value: Sendable {
      case all
      case services(Set<ServiceDescriptor>)
      case methods(Set<MethodDescriptor>)
    }

    private let value: Value

    /// Every method.
    public static var all: Self { Self(value: .all) }

    /// Every method of the services.
    public static func services(_ services: Set<ServiceDescriptor>) -> Self { Self(value: .services(services)) }

    /// The methods alone.
    public static func methods(_ methods: Set<MethodDescriptor>) -> Self { Self(value: .methods(methods)) }

    fileprivate func contains(_ descriptor: MethodDescriptor) -> Bool {
      switch value {
      case .all: true
      case .services(let services): services.contains(descriptor.service)
      case .methods(let methods): methods.contains(descriptor)
      }
    }
  }

  /// The interceptor.
  public let interceptor: Interceptor

  private let subject: Subject

  /// An interceptor that applies to the methods of `subject`.
  public static func apply(_ interceptor: Interceptor, to subject: Subject) -> Self {
    Self(interceptor: interceptor, subject: subject)
  }

  /// Whether the interceptor applies to a method.
  public func applies(to descriptor: MethodDescriptor) -> Bool { subject.contains(descriptor) }
}
