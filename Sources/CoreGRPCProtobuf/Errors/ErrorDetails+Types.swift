import ProtobufCWellKnownTypes

extension ErrorDetails {
  /// The cause of an error, for programs.
  ///
  /// ```swift
  /// ErrorDetails.ErrorInfo(reason: "OUT_OF_STOCK", domain: "shop.example", metadata: ["article": "teapot"])
  /// ```
  public struct ErrorInfo: MessageBackedDetail {
    var storage: Google_Rpc_ErrorInfo

    init(storage: Google_Rpc_ErrorInfo) { self.storage = storage }

    /// Creates the cause of an error.
    ///
    /// - Parameters:
    ///   - reason: The cause, a constant such as `OUT_OF_STOCK`.
    ///   - domain: The service or the infrastructure that defines the reason, such as `shop.example`.
    ///   - metadata: Further facts about this error.
    public init(reason: String, domain: String, metadata: [String: String] = [:]) {
      storage = Google_Rpc_ErrorInfo(reason: reason, domain: domain, metadata: metadata)
    }

    /// The cause: a constant that is unique in its ``domain``.
    ///
    /// By convention it has at most 63 characters and is spelled as `OUT_OF_STOCK`.
    public var reason: String {
      get { storage.reason }
      set { storage.reason = newValue }
    }

    /// The service or the infrastructure that defines the ``reason``, such as `shop.example`.
    public var domain: String {
      get { storage.domain }
      set { storage.domain = newValue }
    }

    /// Further facts about this error, by their names.
    ///
    /// By convention a name has at most 64 characters and is spelled as `articleNumber`. The unit of a value belongs in
    /// the name: `["limitPerRequest": "100"]`.
    public var metadata: [String: String] {
      get { storage.metadata }
      set { storage.metadata = newValue }
    }
  }

  /// The time to wait before another attempt.
  ///
  /// A client whose next attempts fail, too, should wait longer each time.
  public struct RetryInfo: MessageBackedDetail {
    var storage: Google_Rpc_RetryInfo

    init(storage: Google_Rpc_RetryInfo) { self.storage = storage }

    /// Creates the time to wait.
    ///
    /// - Parameter delay: The time that the client waits at least.
    public init(delay: Duration) {
      storage = Google_Rpc_RetryInfo(retryDelay: Google_Protobuf_Duration(clamping: delay))
    }

    /// The time that the client waits at least.
    ///
    /// It is rounded to nanoseconds, and at most 315,576,000,000 seconds in either direction, some 10,000 years, which
    /// is what protobuf can hold. A longer one, of a program or of a peer, is cut to that. A peer may send a negative
    /// delay.
    public var delay: Duration {
      get { Duration(clamping: storage.retryDelay ?? Google_Protobuf_Duration()) }
      set { storage.retryDelay = Google_Protobuf_Duration(clamping: newValue) }
    }
  }

  /// Information for the developers of a service.
  ///
  /// It may say more of a service than its clients should know: send it only to clients that you trust.
  public struct DebugInfo: MessageBackedDetail {
    var storage: Google_Rpc_DebugInfo

    init(storage: Google_Rpc_DebugInfo) { self.storage = storage }

    /// Creates information for developers.
    ///
    /// - Parameters:
    ///   - stack: The entries of the stack trace.
    ///   - detail: Further information.
    public init(stack: [String], detail: String) {
      storage = Google_Rpc_DebugInfo(stackEntries: stack, detail: detail)
    }

    /// The entries of the stack trace of the error.
    public var stack: [String] {
      get { storage.stackEntries }
      set { storage.stackEntries = newValue }
    }

    /// Further information.
    public var detail: String {
      get { storage.detail }
      set { storage.detail = newValue }
    }
  }

  /// The quotas that a request exceeds.
  public struct QuotaFailure: MessageBackedDetail {
    var storage: Google_Rpc_QuotaFailure

    init(storage: Google_Rpc_QuotaFailure) { self.storage = storage }

    /// Creates a list of exceeded quotas.
    ///
    /// - Parameter violations: The exceeded quotas.
    public init(violations: [Violation]) {
      storage = Google_Rpc_QuotaFailure(violations: violations.map(\.storage))
    }

    /// The exceeded quotas.
    public var violations: [Violation] {
      get { storage.violations.map(Violation.init(storage:)) }
      set { storage.violations = newValue.map(\.storage) }
    }

    /// An exceeded quota.
    public struct Violation: MessageBackedDetail {
      var storage: Google_Rpc_QuotaFailure.Violation

      init(storage: Google_Rpc_QuotaFailure.Violation) { self.storage = storage }

      /// Creates an exceeded quota.
      ///
      /// - Parameters:
      ///   - subject: The user, project or address whose quota is exceeded.
      ///   - description: The problem, for people.
      ///   - apiService: The service that has the quota.
      ///   - quotaMetric: The counter that the quota limits.
      ///   - quotaID: The name of the quota.
      ///   - quotaDimensions: The dimensions that the quota is set for.
      ///   - quotaValue: The value of the quota.
      ///   - futureQuotaValue: The value that the quota is about to have.
      public init(
        subject: String,
        description: String,
        apiService: String = "",
        quotaMetric: String = "",
        quotaID: String = "",
        quotaDimensions: [String: String] = [:],
        quotaValue: Int = 0,
        futureQuotaValue: Int? = nil
      ) {
        storage = Google_Rpc_QuotaFailure.Violation(
          subject: subject,
          description_p: description,
          apiService: apiService,
          quotaMetric: quotaMetric,
          quotaID: quotaID,
          quotaDimensions: quotaDimensions,
          quotaValue: Int64(quotaValue),
          futureQuotaValue: futureQuotaValue.map { Int64($0) }
        )
      }

      /// The user, project or address whose quota is exceeded, such as `project:shop` or `clientip:192.0.2.1`.
      public var subject: String {
        get { storage.subject }
        set { storage.subject = newValue }
      }

      /// The problem, for people, such as `1,000 orders a day are allowed`.
      public var violationDescription: String {
        get { storage.description_p }
        set { storage.description_p = newValue }
      }

      /// The service that has the quota, such as `storage.example`.
      ///
      /// It is another one than the called service if that service could not do its work for this quota.
      public var apiService: String {
        get { storage.apiService }
        set { storage.apiService = newValue }
      }

      /// The counter that the quota limits, such as `shop.example/orders`.
      public var quotaMetric: String {
        get { storage.quotaMetric }
        set { storage.quotaMetric = newValue }
      }

      /// The name of the quota in its service, such as `orders-per-day-and-region`.
      public var quotaID: String {
        get { storage.quotaID }
        set { storage.quotaID = newValue }
      }

      /// The dimensions that the quota is set for, such as `["region": "west"]`.
      ///
      /// A quota without dimensions is a global one.
      public var quotaDimensions: [String: String] {
        get { storage.quotaDimensions }
        set { storage.quotaDimensions = newValue }
      }

      /// The value of the quota when the request exceeded it.
      public var quotaValue: Int {
        get { Int(clamping: storage.quotaValue) }
        set { storage.quotaValue = Int64(newValue) }
      }

      /// The value that the quota is about to have, or `nil` if no change is on its way.
      public var futureQuotaValue: Int? {
        get { storage.futureQuotaValue.map { Int(clamping: $0) } }
        set { storage.futureQuotaValue = newValue.map { Int64($0) } }
      }
    }
  }

  /// The preconditions that a request does not meet.
  public struct PreconditionFailure: MessageBackedDetail {
    var storage: Google_Rpc_PreconditionFailure

    init(storage: Google_Rpc_PreconditionFailure) { self.storage = storage }

    /// Creates a list of preconditions.
    ///
    /// - Parameter violations: The preconditions that are not met.
    public init(violations: [Violation]) {
      storage = Google_Rpc_PreconditionFailure(violations: violations.map(\.storage))
    }

    /// The preconditions that are not met.
    public var violations: [Violation] {
      get { storage.violations.map(Violation.init(storage:)) }
      set { storage.violations = newValue.map(\.storage) }
    }

    /// A precondition that is not met.
    public struct Violation: MessageBackedDetail {
      var storage: Google_Rpc_PreconditionFailure.Violation

      init(storage: Google_Rpc_PreconditionFailure.Violation) { self.storage = storage }

      /// Creates a precondition that is not met.
      ///
      /// - Parameters:
      ///   - type: The kind of precondition, a constant of the service such as `TERMS`.
      ///   - subject: The thing that does not meet it.
      ///   - description: The problem, for people.
      public init(type: String, subject: String, description: String) {
        storage = Google_Rpc_PreconditionFailure.Violation(type: type, subject: subject, description_p: description)
      }

      /// The kind of precondition, a constant of the service such as `TERMS`.
      public var type: String {
        get { storage.type }
        set { storage.type = newValue }
      }

      /// The thing of that ``type`` that does not meet the precondition, such as `shop.example/terms`.
      public var subject: String {
        get { storage.subject }
        set { storage.subject = newValue }
      }

      /// The problem, for people, such as `the terms of the shop are not accepted`.
      public var violationDescription: String {
        get { storage.description_p }
        set { storage.description_p = newValue }
      }
    }
  }

  /// The fields that make a request invalid.
  public struct BadRequest: MessageBackedDetail {
    var storage: Google_Rpc_BadRequest

    init(storage: Google_Rpc_BadRequest) { self.storage = storage }

    /// Creates a list of invalid fields.
    ///
    /// - Parameter violations: The invalid fields.
    public init(violations: [FieldViolation]) {
      storage = Google_Rpc_BadRequest(fieldViolations: violations.map(\.storage))
    }

    /// The invalid fields.
    public var violations: [FieldViolation] {
      get { storage.fieldViolations.map(FieldViolation.init(storage:)) }
      set { storage.fieldViolations = newValue.map(\.storage) }
    }

    /// An invalid field of a request.
    public struct FieldViolation: MessageBackedDetail {
      var storage: Google_Rpc_BadRequest.FieldViolation

      init(storage: Google_Rpc_BadRequest.FieldViolation) { self.storage = storage }

      /// Creates an invalid field.
      ///
      /// - Parameters:
      ///   - field: The path to the field.
      ///   - description: The problem, for developers.
      ///   - reason: The problem, for programs.
      ///   - localizedMessage: The problem, for users.
      public init(field: String, description: String, reason: String = "", localizedMessage: LocalizedMessage? = nil) {
        storage = Google_Rpc_BadRequest.FieldViolation(
          field: field,
          description_p: description,
          reason: reason,
          localizedMessage: localizedMessage?.storage
        )
      }

      /// The path to the field, with dots between names and with indices that begin at 0: `order.items[2].count`.
      public var field: String {
        get { storage.field }
        set { storage.field = newValue }
      }

      /// The problem, for developers.
      public var violationDescription: String {
        get { storage.description_p }
        set { storage.description_p = newValue }
      }

      /// The problem, for programs: a constant as ``ErrorDetails/ErrorInfo-swift.struct/reason`` is one.
      public var reason: String {
        get { storage.reason }
        set { storage.reason = newValue }
      }

      /// The problem, for users.
      public var localizedMessage: LocalizedMessage? {
        get { storage.localizedMessage.map(LocalizedMessage.init(storage:)) }
        set { storage.localizedMessage = newValue?.storage }
      }
    }
  }

  /// The identity of a request, for reports to the service.
  public struct RequestInfo: MessageBackedDetail {
    var storage: Google_Rpc_RequestInfo

    init(storage: Google_Rpc_RequestInfo) { self.storage = storage }

    /// Creates the identity of a request.
    ///
    /// - Parameters:
    ///   - requestID: The request's identifier in the service's own logs.
    ///   - servingData: Data that helps the service's developers, and that only they can read.
    public init(requestID: String, servingData: String) {
      storage = Google_Rpc_RequestInfo(requestID: requestID, servingData: servingData)
    }

    /// The request's identifier in the service's own logs.
    ///
    /// Only the service can interpret it.
    public var requestID: String {
      get { storage.requestID }
      set { storage.requestID = newValue }
    }

    /// Data that helps the service's developers, such as an encrypted stack trace.
    public var servingData: String {
      get { storage.servingData }
      set { storage.servingData = newValue }
    }
  }

  /// The resource that a request is about.
  public struct ResourceInfo: MessageBackedDetail {
    var storage: Google_Rpc_ResourceInfo

    init(storage: Google_Rpc_ResourceInfo) { self.storage = storage }

    /// Creates the description of a resource.
    ///
    /// - Parameters:
    ///   - type: The resource's type, for people, or its type URL.
    ///   - name: The resource's name.
    ///   - errorDescription: The problem with the resource.
    ///   - owner: The resource's owner.
    public init(type: String, name: String, errorDescription: String, owner: String = "") {
      storage = Google_Rpc_ResourceInfo(
        resourceType: type,
        resourceName: name,
        owner: owner,
        description_p: errorDescription
      )
    }

    /// The resource's type: for people, such as `SQL table`, or a type URL.
    public var type: String {
      get { storage.resourceType }
      set { storage.resourceType = newValue }
    }

    /// The resource's name, as far as the client may know it.
    public var name: String {
      get { storage.resourceName }
      set { storage.resourceName = newValue }
    }

    /// The resource's owner, such as `project:shop`, or an empty text.
    public var owner: String {
      get { storage.owner }
      set { storage.owner = newValue }
    }

    /// The problem with the resource, for people.
    public var errorDescription: String {
      get { storage.description_p }
      set { storage.description_p = newValue }
    }
  }

  /// Links to further help.
  public struct Help: MessageBackedDetail {
    var storage: Google_Rpc_Help

    init(storage: Google_Rpc_Help) { self.storage = storage }

    /// Creates a list of links.
    ///
    /// - Parameter links: The links.
    public init(links: [Link]) {
      storage = Google_Rpc_Help(links: links.map(\.storage))
    }

    /// The links.
    public var links: [Link] {
      get { storage.links.map(Link.init(storage:)) }
      set { storage.links = newValue.map(\.storage) }
    }

    /// A link with its description.
    public struct Link: MessageBackedDetail {
      var storage: Google_Rpc_Help.Link

      init(storage: Google_Rpc_Help.Link) { self.storage = storage }

      /// Creates a link.
      ///
      /// - Parameters:
      ///   - url: The URL.
      ///   - description: The content behind the link.
      public init(url: String, description: String) {
        storage = Google_Rpc_Help.Link(description_p: description, url: url)
      }

      /// The URL.
      ///
      /// A peer may send any text.
      public var url: String {
        get { storage.url }
        set { storage.url = newValue }
      }

      /// The content behind the link.
      public var linkDescription: String {
        get { storage.description_p }
        set { storage.description_p = newValue }
      }
    }
  }

  /// A message for users, in their language.
  public struct LocalizedMessage: MessageBackedDetail {
    var storage: Google_Rpc_LocalizedMessage

    init(storage: Google_Rpc_LocalizedMessage) { self.storage = storage }

    /// Creates a message for users.
    ///
    /// - Parameters:
    ///   - locale: The language, as a BCP 47 tag such as `fr-CH`.
    ///   - message: The message.
    public init(locale: String, message: String) {
      storage = Google_Rpc_LocalizedMessage(locale: locale, message: message)
    }

    /// The language, as a BCP 47 tag such as `fr-CH`.
    public var locale: String {
      get { storage.locale }
      set { storage.locale = newValue }
    }

    /// The message.
    public var message: String {
      get { storage.message }
      set { storage.message = newValue }
    }
  }
}
