/// The name of a method, and its kind.
///
/// Two descriptors are equal if they name the same method: the kind is not compared.
public struct MethodDescriptor: Sendable, Hashable, CustomStringConvertible {
  /// The service that the method belongs to.
  public var service: ServiceDescriptor { didSet { path = Self.path(service, method) } }

  /// The method's own name, for instance `SayHello`.
  public var method: String { didSet { path = Self.path(service, method) } }

  /// The kind of the method; `nil` where it is not known.
  ///
  /// Generated code sets it.
  public var type: RPCType?

  /// The call's path in HTTP/2, for instance `/compute.Compute/SayHello`.
  private(set) var path: String

  private static func path(_ service: ServiceDescriptor, _ method: String) -> String {
    "/\(service.fullyQualifiedService)/\(method)"
  }

  /// Creates a descriptor.
  ///
  /// - Parameters:
  ///   - service: The service that the method belongs to.
  ///   - method: The method's own name, for instance `SayHello`.
  ///   - type: The kind of the method, if it is known.
  public init(service: ServiceDescriptor, method: String, type: RPCType? = nil) {
    self.service = service
    self.method = method
    self.type = type
    self.path = Self.path(service, method)
  }

  /// Creates a descriptor.
  ///
  /// - Parameters:
  ///   - fullyQualifiedService: The service's name with its package, for instance `compute.Compute`.
  ///   - method: The method's own name, for instance `SayHello`.
  ///   - type: The kind of the method, if it is known.
  public init(fullyQualifiedService: String, method: String, type: RPCType? = nil) {
    let service = ServiceDescriptor(fullyQualifiedService: fullyQualifiedService)
    self.init(service: service, method: method, type: type)
  }

  /// The service's and the method's name, for instance `compute.Compute/SayHello`.
  public var fullyQualifiedMethod: String { String(path.dropFirst()) }

  /// The service's and the method's name.
  public var description: String { fullyQualifiedMethod }

  /// Whether the two name the same method.
  public static func == (one: MethodDescriptor, other: MethodDescriptor) -> Bool {
    one.service == other.service && one.method == other.method
  }

  /// Hashes the service's and the method's name.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(service)
    hasher.combine(method)
  }
}

extension MethodDescriptor {
  /// The kind of a method: how many messages go each way.
  public enum RPCType: Hashable, Sendable, CaseIterable {
    /// One message each way.
    case unary
    /// A stream of messages from the client, and one message back.
    case clientStreaming
    /// One message from the client, and a stream of messages back.
    case serverStreaming
    /// A stream of messages each way.
    case bidirectionalStreaming

    /// Whether the client sends a stream of messages.
    public var isRequestStreaming: Bool {
      switch self {
      case .clientStreaming, .bidirectionalStreaming: true
      case .unary, .serverStreaming: false
      }
    }

    /// Whether the server sends a stream of messages.
    public var isResponseStreaming: Bool {
      switch self {
      case .serverStreaming, .bidirectionalStreaming: true
      case .unary, .clientStreaming: false
      }
    }
  }
}
