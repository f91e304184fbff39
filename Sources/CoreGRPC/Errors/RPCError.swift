/// The error of a call that failed.
///
/// Every error of a call has this type. A handler throws one to end its call with that status. Any other error that it
/// throws becomes ``Code/unknown``, and its text stays on the server.
///
/// An error that comes out of a channel, such as the status of a call that a handler makes itself, is not sent on to
/// the handler's client, which must learn nothing of the servers that the handler calls. If the handler lets it escape,
/// the handler's call ends with the same code if it is ``Code/cancelled``, ``Code/deadlineExceeded``,
/// ``Code/resourceExhausted`` or ``Code/unavailable``, which say whether it helps to try again, and with
/// ``Code/internalError`` otherwise. The message and the metadata are left out; ``CoreGRPCLog`` gets an event with the
/// message. What the handler has set itself is sent. To send everything on, make a new error:
///
/// ```swift
/// do {
///   return try await inventory.item(request)
/// } catch {
///   throw RPCError(code: error.code, message: error.message, metadata: error.metadata)
/// }
/// ```
public struct RPCError: Error, Sendable {
  /// The status code; never OK.
  public var code: Code { didSet { partsFromChannel.remove(.code) } }

  /// A message for people.
  public var message: String { didSet { partsFromChannel.remove(.message) } }

  /// The trailing metadata that the client received, or that the server is to send.
  public var metadata: Metadata { didSet { partsFromChannel.remove(.metadata) } }

  /// The initial metadata that the client received before the status, or that the server is to send
  /// before it, unless the call has sent its initial metadata already.
  ///
  /// Empty for most errors: a server seldom sends any for a call that fails.
  public var initialMetadata: Metadata { didSet { partsFromChannel.remove(.initialMetadata) } }

  /// The error that caused this one.
  ///
  /// It stays in this process.
  public var cause: (any Error)?

  /// The parts that came out of a channel, and were not changed since.
  private var partsFromChannel: Parts = []

  /// Creates an error.
  ///
  /// - Parameters:
  ///   - code: The status code.
  ///   - message: A message for people.
  ///   - metadata: The trailing metadata. Defaults to none.
  ///   - initialMetadata: The initial metadata. Defaults to none.
  ///   - cause: The error that caused this one, which stays in this process. Defaults to `nil`.
  public init(
    code: Code,
    message: String,
    metadata: Metadata = [:],
    initialMetadata: Metadata = [:],
    cause: (any Error)? = nil
  ) {
    self.code = code
    self.message = message
    self.metadata = metadata
    self.initialMetadata = initialMetadata
    self.cause = cause
  }

  /// The error of a status that is not OK; `nil` for one that is.
  ///
  /// - Parameters:
  ///   - status: The status.
  ///   - metadata: The trailing metadata. Defaults to none.
  public init?(status: Status, metadata: Metadata = [:]) {
    guard let code = Code(status.code) else { return nil }
    self.init(code: code, message: status.message, metadata: metadata)
  }
}

extension RPCError {
  private struct Parts: OptionSet {
    let rawValue: UInt8

    static let code = Parts(rawValue: 1 << 0)
    static let message = Parts(rawValue: 1 << 1)
    static let metadata = Parts(rawValue: 1 << 2)
    static let initialMetadata = Parts(rawValue: 1 << 3)
    static let channel: Parts = [.code, .message, .metadata, .initialMetadata]

    /// The message leaves out the text of the cause.
    static let hiddenCause = Parts(rawValue: 1 << 7)
  }

  /// Returns the error, marked as one that comes out of a channel.
  @usableFromInline
  func comingOutOfChannel() -> RPCError {
    var error = self
    error.partsFromChannel.formUnion(.channel)
    return error
  }

  /// Returns the error, marked as one whose cause is for the log alone.
  func hidingCause() -> RPCError {
    var error = self
    error.partsFromChannel.insert(.hiddenCause)
    return error
  }

  /// The cause, if it is for the log alone.
  var hiddenCause: (any Error)? { partsFromChannel.contains(.hiddenCause) ? cause : nil }

  /// The error that ends a handler's call if the handler lets this one escape; `nil` if the error is the handler's own.
  var endingHandler: RPCError? {
    guard !partsFromChannel.isDisjoint(with: .channel) else { return nil }
    return RPCError(
      code: partsFromChannel.contains(.code) && !Code.meaningfulToCallers.contains(code) ? .internalError : code,
      message: partsFromChannel.contains(.message) ? "a call to another service failed" : message,
      metadata: partsFromChannel.contains(.metadata) ? [:] : metadata,
      initialMetadata: partsFromChannel.contains(.initialMetadata) ? [:] : initialMetadata,
      cause: self
    )
  }
}

extension RPCError.Code {
  /// The codes that mean the same for a handler's call as for a call that the handler has made.
  ///
  /// The others are about the request or the credentials of that call, which the handler has made, or about its server.
  fileprivate static let meaningfulToCallers: Set = [
    cancelled, deadlineExceeded, resourceExhausted, unavailable,
  ]
}

extension RPCError: CustomStringConvertible {
  /// The code's name and the message, and the cause if there is one.
  public var description: String {
    let text = Status(code: Status.Code(code), message: message).description
    guard let cause else { return text }
    return "\(text) (\(cause))"
  }
}

extension RPCError: Hashable {
  /// Whether code, message and metadata are equal; the initial metadata and the causes are not compared.
  public static func == (one: RPCError, other: RPCError) -> Bool {
    one.code == other.code && one.message == other.message && one.metadata == other.metadata
  }

  /// Hashes code, message and metadata.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(code)
    hasher.combine(message)
    hasher.combine(metadata)
  }
}

extension RPCError {
  /// A status code other than OK.
  public struct Code: Sendable, Hashable, CustomStringConvertible {
    fileprivate let statusCode: Status.Code

    /// The code of a failed call; `nil` for OK.
    public init?(_ code: Status.Code) {
      guard code != .ok else { return nil }
      self.statusCode = code
    }

    private init(known code: Status.Code) { self.statusCode = code }

    /// The code with a number of the gRPC specification, 1 to 16; `nil` for any other, such as OK's 0.
    public init?(rawValue: Int) {
      guard let code = Status.Code(rawValue: rawValue) else { return nil }
      self.init(code)
    }

    /// The code's number on the wire, 1 to 16.
    public var rawValue: Int { statusCode.rawValue }

    /// The code's name in the gRPC specification, for instance `DEADLINE_EXCEEDED`.
    public var description: String { statusCode.description }

    /// See ``Status/Code/cancelled``.
    public static var cancelled: Self { Self(known: .cancelled) }
    /// See ``Status/Code/unknown``.
    public static var unknown: Self { Self(known: .unknown) }
    /// See ``Status/Code/invalidArgument``.
    public static var invalidArgument: Self { Self(known: .invalidArgument) }
    /// See ``Status/Code/deadlineExceeded``.
    public static var deadlineExceeded: Self { Self(known: .deadlineExceeded) }
    /// See ``Status/Code/notFound``.
    public static var notFound: Self { Self(known: .notFound) }
    /// See ``Status/Code/alreadyExists``.
    public static var alreadyExists: Self { Self(known: .alreadyExists) }
    /// See ``Status/Code/permissionDenied``.
    public static var permissionDenied: Self { Self(known: .permissionDenied) }
    /// See ``Status/Code/resourceExhausted``.
    public static var resourceExhausted: Self { Self(known: .resourceExhausted) }
    /// See ``Status/Code/failedPrecondition``.
    public static var failedPrecondition: Self { Self(known: .failedPrecondition) }
    /// See ``Status/Code/aborted``.
    public static var aborted: Self { Self(known: .aborted) }
    /// See ``Status/Code/outOfRange``.
    public static var outOfRange: Self { Self(known: .outOfRange) }
    /// See ``Status/Code/unimplemented``.
    public static var unimplemented: Self { Self(known: .unimplemented) }
    /// See ``Status/Code/internalError``.
    public static var internalError: Self { Self(known: .internalError) }
    /// See ``Status/Code/unavailable``.
    public static var unavailable: Self { Self(known: .unavailable) }
    /// See ``Status/Code/dataLoss``.
    public static var dataLoss: Self { Self(known: .dataLoss) }
    /// See ``Status/Code/unauthenticated``.
    public static var unauthenticated: Self { Self(known: .unauthenticated) }
  }
}

extension Status.Code {
  /// The status code of an error.
  public init(_ code: RPCError.Code) { self = code.statusCode }
}

extension Status {
  /// The status that an error stands for.
  public init(_ error: RPCError) { self.init(code: Code(error.code), message: error.message) }
}
