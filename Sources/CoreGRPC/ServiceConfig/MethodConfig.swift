/// The settings of some methods in a ``ServiceConfig``.
public struct MethodConfig: Sendable, Hashable {
  /// The methods that the settings are for; at least one.
  public var names: [Name]

  /// The longest duration of a call.
  ///
  /// `nil` sets no limit. If ``CallOptions/timeout`` is set too, the shorter applies.
  public var timeout: Duration?

  /// Whether calls wait for a connection while there is none, unless ``CallOptions/waitForReady`` is set.
  public var waitForReady: Bool?

  /// The largest message to the server, in bytes.
  ///
  /// A larger one ends its call with RESOURCE_EXHAUSTED. `nil` leaves the channel's limit alone. The smaller limit
  /// applies.
  public var maxRequestMessageBytes: Int?

  /// The largest message from the server, in bytes.
  ///
  /// A larger one ends its call with RESOURCE_EXHAUSTED. `nil` leaves the channel's limit alone. The smaller limit
  /// applies.
  public var maxResponseMessageBytes: Int?

  /// The policy by which C-core makes failed calls again.
  ///
  /// `nil` turns retries by policy off.
  public var retryPolicy: RetryPolicy?

  /// The policy by which the library sends a call several times, and takes the first answer.
  ///
  /// `nil` turns that off. A method cannot have both policies.
  public var hedgingPolicy: HedgingPolicy?

  /// The members of the JSON that have no property here.
  private var others = JSONObject()

  /// Creates settings.
  ///
  /// - Parameters:
  ///   - names: The methods that the settings are for; at least one.
  ///   - timeout: The longest duration of a call. Defaults to `nil`: no limit.
  ///   - waitForReady: Whether calls wait for a connection. Defaults to `nil`: they fail while there is none.
  ///   - maxRequestMessageBytes: The largest message to the server, in bytes. Defaults to the channel's limit.
  ///   - maxResponseMessageBytes: The largest message from the server, in bytes. Defaults to the channel's limit.
  ///   - retryPolicy: The policy by which failed calls are made again. Defaults to `nil`: they are not.
  ///   - hedgingPolicy: The policy by which calls are sent several times. Defaults to `nil`: they are not.
  public init(
    names: [Name],
    timeout: Duration? = nil,
    waitForReady: Bool? = nil,
    maxRequestMessageBytes: Int? = nil,
    maxResponseMessageBytes: Int? = nil,
    retryPolicy: RetryPolicy? = nil,
    hedgingPolicy: HedgingPolicy? = nil
  ) {
    self.names = names
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.maxRequestMessageBytes = maxRequestMessageBytes
    self.maxResponseMessageBytes = maxResponseMessageBytes
    self.retryPolicy = retryPolicy
    self.hedgingPolicy = hedgingPolicy
  }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard !names.isEmpty else {
      throw RuntimeError(invalid: "\(field).name", "must not be empty: use .all for every method")
    }
    var object = JSONObject()
    var list: [JSONValue] = []
    for (index, name) in names.enumerated() { list.append(try name.json(field: "\(field).name[\(index)]")) }
    object.add("name", .array(list))
    if let timeout { object.add("timeout", try .duration(timeout, field: "\(field).timeout")) }
    if let waitForReady { object.add("waitForReady", .bool(waitForReady)) }
    if let maxRequestMessageBytes {
      object.add("maxRequestMessageBytes", try .size(maxRequestMessageBytes, field: "\(field).maxRequestMessageBytes"))
    }
    if let maxResponseMessageBytes {
      object.add(
        "maxResponseMessageBytes",
        try .size(maxResponseMessageBytes, field: "\(field).maxResponseMessageBytes")
      )
    }
    if let retryPolicy { object.add("retryPolicy", try retryPolicy.json(field: "\(field).retryPolicy")) }
    if let hedgingPolicy {
      guard retryPolicy == nil else {
        throw RuntimeError(invalid: "\(field).hedgingPolicy", "must not be set together with retryPolicy")
      }
      object.add("hedgingPolicy", try hedgingPolicy.json(field: "\(field).hedgingPolicy"))
    }
    return .object(object + others)
  }
}

extension MethodConfig {
  /// Creates the config from JSON; `nil` if a member that has a property is not of the form that it must have.
  init?(value: JSONValue) {
    guard case .object(let object) = value, object.hasUniqueNames else { return nil }
    self.init(names: [])
    for member in object.members {
      switch (member.name, member.value) {
      case ("name", .array(let values)):
        names = values.compactMap(Name.init(json:))
        guard names.count == values.count else { return nil }
      case ("timeout", let value):
        guard let duration = Duration(json: value) else { return nil }
        timeout = duration
      case ("waitForReady", .bool(let value)): waitForReady = value
      case ("maxRequestMessageBytes", let value):
        guard let size = value.integer else { return nil }
        maxRequestMessageBytes = size
      case ("maxResponseMessageBytes", let value):
        guard let size = value.integer else { return nil }
        maxResponseMessageBytes = size
      case ("retryPolicy", let value):
        guard let policy = RetryPolicy(value: value) else { return nil }
        retryPolicy = policy
      case ("hedgingPolicy", let value):
        guard let policy = HedgingPolicy(value: value) else { return nil }
        hedgingPolicy = policy
      case ("name", _), ("waitForReady", _): return nil
      default: others.add(member.name, member.value)
      }
    }
  }
}
