/// The end of a call: a code and, unless it is ``Code/ok``, a message for people.
///
/// See <https://grpc.github.io/grpc/core/md_doc_statuscodes.html> for the meaning of each code.
public struct Status: Sendable, Hashable {
  /// The code.
  public var code: Code

  /// A message for people who look into the failure.
  ///
  /// Any text; gRPC percent-encodes it on the wire.
  public var message: String

  /// Creates a status.
  ///
  /// - Parameters:
  ///   - code: The code.
  ///   - message: A message for people. Defaults to none.
  public init(code: Code, message: String = "") {
    self.code = code
    self.message = message
  }

  /// The status of a call that succeeded.
  public static var ok: Status { Status(code: .ok) }
}

extension Status {
  /// The status that stands for an HTTP status, as of a proxy that answers in a server's place.
  ///
  /// See <https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md>. C-core does this by itself in
  /// calls.
  public init(httpStatusCode code: Int) {
    switch code {
    case 400: self.init(code: .internalError, message: "HTTP 400: Bad Request")
    case 401: self.init(code: .unauthenticated, message: "HTTP 401: Unauthorized")
    case 403: self.init(code: .permissionDenied, message: "HTTP 403: Forbidden")
    case 404: self.init(code: .unimplemented, message: "HTTP 404: Not Found")
    case 429: self.init(code: .unavailable, message: "HTTP 429: Too Many Requests")
    case 502: self.init(code: .unavailable, message: "HTTP 502: Bad Gateway")
    case 503: self.init(code: .unavailable, message: "HTTP 503: Service Unavailable")
    case 504: self.init(code: .unavailable, message: "HTTP 504: Gateway Timeout")
    default: self.init(code: .unknown, message: "HTTP \(code)")
    }
  }
}

extension Status: CustomStringConvertible {
  /// The code's name and the message, for instance `NOT_FOUND: no such user`.
  ///
  /// A message that only repeats the code's name, as C-core's `Deadline Exceeded`, is omitted.
  public var description: String {
    let name = code.description
    let saysMore = !message.isEmpty && message.uppercased().replacing(" ", with: "_") != name
    return saysMore ? "\(name): \(message)" : name
  }
}

extension Status {
  /// One of gRPC's seventeen status codes.
  ///
  /// Peers may send numbers outside that range; C-core turns those into ``unknown``.
  public struct Code: Sendable, Hashable {
    private let value: Value

    private enum Value: Int, CaseIterable {
      case ok, cancelled, unknown, invalidArgument, deadlineExceeded, notFound, alreadyExists, permissionDenied
      case resourceExhausted, failedPrecondition, aborted, outOfRange, unimplemented, internalError, unavailable
      case dataLoss, unauthenticated
    }

    private init(known value: Value) { self.value = value }

    /// The code with a number of the gRPC specification, 0 to 16.
    public init?(rawValue: Int) {
      guard let value = Value(rawValue: rawValue) else { return nil }
      self.value = value
    }

    /// The code's number on the wire.
    public var rawValue: Int { value.rawValue }

    /// Every code, in the order of the numbers.
    public static var allCases: [Code] { Value.allCases.map(Code.init(known:)) }

    /// The call succeeded.
    public static var ok: Self { Self(known: .ok) }
    /// The call was cancelled, typically by the caller.
    public static var cancelled: Self { Self(known: .cancelled) }
    /// An error without further information, such as one other than ``RPCError`` that a handler throws.
    public static var unknown: Self { Self(known: .unknown) }
    /// The request is wrong whatever state the system is in.
    public static var invalidArgument: Self { Self(known: .invalidArgument) }
    /// The deadline passed before the call ended.
    public static var deadlineExceeded: Self { Self(known: .deadlineExceeded) }
    /// The requested object does not exist.
    public static var notFound: Self { Self(known: .notFound) }
    /// The object to create exists already.
    public static var alreadyExists: Self { Self(known: .alreadyExists) }
    /// The caller may not do this.
    public static var permissionDenied: Self { Self(known: .permissionDenied) }
    /// A quota or a limit, such as that of the message size or of the calls in flight, is used up.
    public static var resourceExhausted: Self { Self(known: .resourceExhausted) }
    /// The system is not in the state that the operation needs.
    public static var failedPrecondition: Self { Self(known: .failedPrecondition) }
    /// The operation was given up, typically for a conflict with another one.
    public static var aborted: Self { Self(known: .aborted) }
    /// The operation went past the valid range.
    public static var outOfRange: Self { Self(known: .outOfRange) }
    /// The server does not have this method.
    public static var unimplemented: Self { Self(known: .unimplemented) }
    /// An invariant is broken, for instance by bytes that are not a message.
    public static var internalError: Self { Self(known: .internalError) }
    /// The service cannot be reached now; trying again may help.
    public static var unavailable: Self { Self(known: .unavailable) }
    /// Data is lost or damaged beyond recovery.
    public static var dataLoss: Self { Self(known: .dataLoss) }
    /// The caller's credentials are missing or not valid.
    public static var unauthenticated: Self { Self(known: .unauthenticated) }
  }
}

extension Status.Code: CustomStringConvertible {
  /// The code's name in the gRPC specification, for instance `DEADLINE_EXCEEDED`.
  public var description: String {
    switch value {
    case .ok: "OK"
    case .cancelled: "CANCELLED"
    case .unknown: "UNKNOWN"
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .alreadyExists: "ALREADY_EXISTS"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .aborted: "ABORTED"
    case .outOfRange: "OUT_OF_RANGE"
    case .unimplemented: "UNIMPLEMENTED"
    case .internalError: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    case .dataLoss: "DATA_LOSS"
    case .unauthenticated: "UNAUTHENTICATED"
    }
  }
}
