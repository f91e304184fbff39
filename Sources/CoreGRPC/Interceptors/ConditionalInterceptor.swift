/// An interceptor with the methods that it applies to.
public struct ConditionalInterceptor<Interceptor: Sendable>: Sendable {
  /// The methods that an interceptor applies to.
  public struct Subject: Sendable {
    private let predicate: @Sendable (MethodDescriptor) -> Bool

    /// Every method.
    public static var all: Self { Self { _ in true } }

    /// Every method of the services.
    public static func services(_ services: Set<ServiceDescriptor>) -> Self {
      Self { services.contains($0.service) }
    }

    /// The methods alone.
    public static func methods(_ methods: Set<MethodDescriptor>) -> Self { Self { methods.contains($0) } }

    /// Every method of the services, and the methods.
    ///
    /// - Parameters:
    ///   - services: The services.
    ///   - methods: The methods beside them.
    public static func only(services: Set<ServiceDescriptor>, methods: Set<MethodDescriptor>) -> Self {
      Self { services.contains($0.service) || methods.contains($0) }
    }

    /// Every method except for those of the services, and for the methods.
    ///
    /// - Parameters:
    ///   - services: The services that are left out.
    ///   - methods: The methods that are left out.
    public static func allExcluding(services: Set<ServiceDescriptor>, methods: Set<MethodDescriptor>) -> Self {
      Self { !services.contains($0.service) && !methods.contains($0) }
    }

    /// Every method that a predicate is true of.
    ///
    /// - Parameter predicate: Gets the method, and always says the same of it: a server asks once for each of its
    ///   methods, when it is created, and a channel in each call.
    public static func allMatching(_ predicate: @Sendable @escaping (_ descriptor: MethodDescriptor) -> Bool) -> Self {
      Self(predicate: predicate)
    }

    fileprivate func contains(_ descriptor: MethodDescriptor) -> Bool { predicate(descriptor) }
  }

  /// The interceptor.
  public let interceptor: Interceptor

  private let subject: Subject

  private init(interceptor: Interceptor, subject: Subject) {
    self.interceptor = interceptor
    self.subject = subject
  }

  /// Whether the interceptor applies to a method.
  public func applies(to descriptor: MethodDescriptor) -> Bool { subject.contains(descriptor) }
}

extension ConditionalInterceptor where Interceptor == any ClientInterceptor {
  /// An interceptor that applies to the methods of `subject`.
  ///
  /// - Parameters:
  ///   - interceptor: The interceptor.
  ///   - subject: The methods whose calls it intercepts.
  public static func apply(_ interceptor: any ClientInterceptor, to subject: Subject) -> Self {
    Self(interceptor: interceptor, subject: subject)
  }
}

extension ConditionalInterceptor where Interceptor == any ServerInterceptor {
  /// An interceptor that applies to the methods of `subject`.
  ///
  /// - Parameters:
  ///   - interceptor: The interceptor.
  ///   - subject: The methods whose calls it intercepts.
  public static func apply(_ interceptor: any ServerInterceptor, to subject: Subject) -> Self {
    Self(interceptor: interceptor, subject: subject)
  }
}

extension [ConditionalInterceptor<any ClientInterceptor>] {
  /// Interceptors that apply to every method.
  init(_ interceptors: [any ClientInterceptor]) { self = interceptors.map { .apply($0, to: .all) } }
}

extension [ConditionalInterceptor<any ServerInterceptor>] {
  /// Interceptors that apply to every method.
  init(_ interceptors: [any ServerInterceptor]) { self = interceptors.map { .apply($0, to: .all) } }
}
