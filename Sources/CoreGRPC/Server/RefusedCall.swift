/// A call that a server ended before any handler or interceptor saw it: see ``Server/Configuration/onRefusedCall``.
///
/// Calls that C-core ends by itself do not reach the library: those that break HTTP/2 or gRPC's protocol, and those
/// that arrive when a shutdown has told the clients (GOAWAY) and C-core takes no more calls.
public struct RefusedCall: Sendable, Hashable {
  /// The reason of the refusal.
  public var reason: Reason

  /// The path that was called, as in `/package.Service/Method`: the client's own text, if the server has no such
  /// method.
  public var path: String

  /// The client's address, as in ``ServerContext/remotePeer``.
  public var remotePeer: String

  /// The status that the call ended with.
  public var status: Status

  /// The number of refused calls since the last report that were not reported, because too many arrived at a time.
  public var droppedBefore = 0

  /// Creates a description of a refused call, for tests of the closure that gets it.
  ///
  /// - Parameters:
  ///   - reason: The reason of the refusal.
  ///   - path: The path that was called.
  ///   - remotePeer: The client's address.
  ///   - status: The status that the call ended with.
  public init(reason: Reason, path: String, remotePeer: String, status: Status) {
    self.reason = reason
    self.path = path
    self.remotePeer = remotePeer
    self.status = status
  }

  /// The reason of a refusal.
  public struct Reason: Sendable, Hashable, CustomStringConvertible {
    private enum Value: String, Sendable, Hashable, CaseIterable {
      case tooManyCalls = "too many calls"
      case unknownMethod = "unknown method"
      case missingMessage = "missing request message"
      case severalMessages = "several request messages"
      case undecodableRequest = "undecodable request"
      case metadataTooLarge = "metadata too large"
      case serverShutdown = "server shutdown"
      case unauthorized = "denied by the authorization policy"

      /// The values by their numbers, which begin with 1.
      static let numbered = Array(allCases)
    }

    private let value: Value

    /// ``Server/Configuration/maxConcurrentCalls`` were in progress; for a method of the health service, the service's
    /// own bound.
    public static var tooManyCalls: Self { Self(value: .tooManyCalls) }
    /// The server has no method of this path.
    public static var unknownMethod: Self { Self(value: .unknownMethod) }
    /// The method takes one request message, and none came.
    public static var missingMessage: Self { Self(value: .missingMessage) }
    /// The method takes one request message, and several came.
    ///
    /// The server checks only some calls of a busy method for that.
    public static var severalMessages: Self { Self(value: .severalMessages) }
    /// The request of a unary call cannot be deserialized.
    public static var undecodableRequest: Self { Self(value: .undecodableRequest) }
    /// The metadata is larger than ``Server/Configuration/maxRequestMetadataBytes``.
    public static var metadataTooLarge: Self { Self(value: .metadataTooLarge) }
    /// The server shuts down, and has ended the calls in progress.
    public static var serverShutdown: Self { Self(value: .serverShutdown) }

    /// ``Server/Configuration/authorizationPolicy`` denies the call.
    public static var unauthorized: Self { Self(value: .unauthorized) }

    /// The reason in words.
    public var description: String { value.rawValue }

    /// Whether the call has reached a limit of the server.
    var isLimit: Bool { value == .tooManyCalls || value == .metadataTooLarge }

    /// The reason's number, which is never zero.
    var number: UInt8 { UInt8(truncatingIfNeeded: Value.numbered.firstIndex(of: value) ?? 0) + 1 }

    private init(value: Value) { self.value = value }

    /// Creates a reason by its number; `nil` for zero.
    init?(number: UInt8) {
      guard number > 0, number <= Value.numbered.count else { return nil }
      value = Value.numbered[Int(number) - 1]
    }
  }
}
