public import ProtobufC
public import ProtobufCWellKnownTypes

/// A detail of a ``GoogleRPCStatus``: one of Google's ten detail messages, or any other message.
///
/// [AIP-193](https://google.aip.dev/193) says when to use which of the ten. They are defined in
/// <https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto>. Each has a function that
/// creates it and a property that reads it:
///
/// ```swift
/// let detail = ErrorDetails.errorInfo(reason: "OUT_OF_STOCK", domain: "shop.example")
/// if let info = detail.errorInfo { print(info.reason) }
/// ```
///
/// A message of a type of your own goes in with ``any(packing:)`` and comes out with ``unpack(as:limits:)``.
public struct ErrorDetails: Sendable, Hashable {
  enum Kind: Sendable, Hashable {
    case errorInfo(ErrorInfo)
    case retryInfo(RetryInfo)
    case debugInfo(DebugInfo)
    case quotaFailure(QuotaFailure)
    case preconditionFailure(PreconditionFailure)
    case badRequest(BadRequest)
    case requestInfo(RequestInfo)
    case resourceInfo(ResourceInfo)
    case help(Help)
    case localizedMessage(LocalizedMessage)
    case any(Google_Protobuf_Any)
  }

  let kind: Kind

  init(_ kind: Kind) { self.kind = kind }
}

// MARK: - Creating details

extension ErrorDetails {
  /// Creates a detail that tells programs the cause of the error.
  public static func errorInfo(_ info: ErrorInfo) -> Self { Self(.errorInfo(info)) }

  /// Creates a detail that tells programs the cause of the error.
  ///
  /// - Parameters:
  ///   - reason: The cause, a constant such as `OUT_OF_STOCK`.
  ///   - domain: The service or the infrastructure that defines the reason, such as `shop.example`.
  ///   - metadata: Further facts about this error.
  public static func errorInfo(reason: String, domain: String, metadata: [String: String] = [:]) -> Self {
    errorInfo(ErrorInfo(reason: reason, domain: domain, metadata: metadata))
  }

  /// Creates a detail that says when the client may try again.
  public static func retryInfo(_ info: RetryInfo) -> Self { Self(.retryInfo(info)) }

  /// Creates a detail that says when the client may try again.
  ///
  /// - Parameter delay: The time that the client waits at least, see ``RetryInfo-swift.struct/delay``.
  public static func retryInfo(delay: Duration) -> Self { retryInfo(RetryInfo(delay: delay)) }

  /// Creates a detail with information for the developers of the service.
  public static func debugInfo(_ info: DebugInfo) -> Self { Self(.debugInfo(info)) }

  /// Creates a detail with information for the developers of the service.
  ///
  /// - Parameters:
  ///   - stack: The entries of the stack trace.
  ///   - detail: Further information.
  public static func debugInfo(stack: [String], detail: String) -> Self {
    debugInfo(DebugInfo(stack: stack, detail: detail))
  }

  /// Creates a detail that lists the quotas that the request exceeds.
  public static func quotaFailure(_ info: QuotaFailure) -> Self { Self(.quotaFailure(info)) }

  /// Creates a detail that lists the quotas that the request exceeds.
  ///
  /// - Parameter violations: The exceeded quotas.
  public static func quotaFailure(violations: [QuotaFailure.Violation]) -> Self {
    quotaFailure(QuotaFailure(violations: violations))
  }

  /// Creates a detail that lists the preconditions that the request does not meet.
  public static func preconditionFailure(_ info: PreconditionFailure) -> Self { Self(.preconditionFailure(info)) }

  /// Creates a detail that lists the preconditions that the request does not meet.
  ///
  /// - Parameter violations: The preconditions that are not met.
  public static func preconditionFailure(violations: [PreconditionFailure.Violation]) -> Self {
    preconditionFailure(PreconditionFailure(violations: violations))
  }

  /// Creates a detail that lists the fields that make the request invalid.
  public static func badRequest(_ info: BadRequest) -> Self { Self(.badRequest(info)) }

  /// Creates a detail that lists the fields that make the request invalid.
  ///
  /// - Parameter violations: The invalid fields.
  public static func badRequest(violations: [BadRequest.FieldViolation]) -> Self {
    badRequest(BadRequest(violations: violations))
  }

  /// Creates a detail that identifies the request, for reports to the service.
  public static func requestInfo(_ info: RequestInfo) -> Self { Self(.requestInfo(info)) }

  /// Creates a detail that identifies the request, for reports to the service.
  ///
  /// - Parameters:
  ///   - requestID: The request's identifier in the service's own logs.
  ///   - servingData: Data that helps the service's developers, and that only they can read.
  public static func requestInfo(requestID: String, servingData: String) -> Self {
    requestInfo(RequestInfo(requestID: requestID, servingData: servingData))
  }

  /// Creates a detail that names the resource that the request is about.
  public static func resourceInfo(_ info: ResourceInfo) -> Self { Self(.resourceInfo(info)) }

  /// Creates a detail that names the resource that the request is about.
  ///
  /// - Parameters:
  ///   - type: The resource's type, for people, or its type URL.
  ///   - name: The resource's name.
  ///   - errorDescription: The problem with the resource.
  ///   - owner: The resource's owner.
  public static func resourceInfo(
    type: String,
    name: String,
    errorDescription: String,
    owner: String = ""
  ) -> Self {
    resourceInfo(ResourceInfo(type: type, name: name, errorDescription: errorDescription, owner: owner))
  }

  /// Creates a detail with links to further help.
  public static func help(_ info: Help) -> Self { Self(.help(info)) }

  /// Creates a detail with links to further help.
  ///
  /// - Parameter links: The links.
  public static func help(links: [Help.Link]) -> Self { help(Help(links: links)) }

  /// Creates a detail with a message for users, in their language.
  public static func localizedMessage(_ info: LocalizedMessage) -> Self { Self(.localizedMessage(info)) }

  /// Creates a detail with a message for users, in their language.
  ///
  /// - Parameters:
  ///   - locale: The language, as a BCP 47 tag such as `fr-CH`.
  ///   - message: The message.
  public static func localizedMessage(locale: String, message: String) -> Self {
    localizedMessage(LocalizedMessage(locale: locale, message: message))
  }

  /// Creates a detail of a packed message.
  ///
  /// The detail is sent as it is. It stays packed here, even if it is one of Google's ten: only ``any-swift.property``
  /// and ``unpack(as:limits:)`` read it.
  public static func any(_ any: Google_Protobuf_Any) -> Self { Self(.any(any)) }

  /// Creates a detail of a message of any type.
  ///
  /// - Parameter message: The message to pack.
  public static func any(packing message: some Message) -> Self { any(Google_Protobuf_Any(packing: message)) }
}

// MARK: - Reading details

extension ErrorDetails {
  /// The cause of the error, or `nil` if this is another kind of detail.
  public var errorInfo: ErrorInfo? {
    if case .errorInfo(let info) = kind { info } else { nil }
  }

  /// The time to wait before another attempt, or `nil` if this is another kind of detail.
  public var retryInfo: RetryInfo? {
    if case .retryInfo(let info) = kind { info } else { nil }
  }

  /// The information for the service's developers, or `nil` if this is another kind of detail.
  public var debugInfo: DebugInfo? {
    if case .debugInfo(let info) = kind { info } else { nil }
  }

  /// The exceeded quotas, or `nil` if this is another kind of detail.
  public var quotaFailure: QuotaFailure? {
    if case .quotaFailure(let info) = kind { info } else { nil }
  }

  /// The preconditions that are not met, or `nil` if this is another kind of detail.
  public var preconditionFailure: PreconditionFailure? {
    if case .preconditionFailure(let info) = kind { info } else { nil }
  }

  /// The invalid fields, or `nil` if this is another kind of detail.
  public var badRequest: BadRequest? {
    if case .badRequest(let info) = kind { info } else { nil }
  }

  /// The identity of the request, or `nil` if this is another kind of detail.
  public var requestInfo: RequestInfo? {
    if case .requestInfo(let info) = kind { info } else { nil }
  }

  /// The resource that the request is about, or `nil` if this is another kind of detail.
  public var resourceInfo: ResourceInfo? {
    if case .resourceInfo(let info) = kind { info } else { nil }
  }

  /// The links to further help, or `nil` if this is another kind of detail.
  public var help: Help? {
    if case .help(let info) = kind { info } else { nil }
  }

  /// The message for users, or `nil` if this is another kind of detail.
  public var localizedMessage: LocalizedMessage? {
    if case .localizedMessage(let info) = kind { info } else { nil }
  }

  /// The packed message of a detail that is not one of Google's ten, or `nil` if it is.
  ///
  /// A received detail is also here if it has the type of one of the ten and bytes that cannot be decoded as that type.
  public var any: Google_Protobuf_Any? {
    if case .any(let any) = kind { any } else { nil }
  }

  /// Unpacks the detail as a message of a type of your own.
  ///
  /// - Parameters:
  ///   - type: The message's type.
  ///   - limits: The bounds of decoding.
  /// - Returns: The message, or `nil` if the detail is a message of another type.
  /// - Throws: `BinaryDecodingError`, if the detail has that type's name and bytes that cannot be decoded as it.
  public func unpack<Value: Message>(
    as type: Value.Type,
    limits: DecodingLimits = DecodingLimits()
  ) throws(BinaryDecodingError) -> Value? {
    try packed.unpack(as: type, limits: limits)
  }
}
