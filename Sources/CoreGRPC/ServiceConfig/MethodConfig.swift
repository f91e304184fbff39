/// The settings of some methods in a ``ServiceConfig``.
public struct MethodConfig: Sendable, Hashable {
  /// The methods that the settings are for; at least one.
  public var names: [Name]

  /// How long a call may take in all.
  ///
  /// `nil` for no limit. When ``CallOptions/timeout`` is set too, the shorter counts.
  public var timeout: Duration?

  /// Whether calls wait for a connection while there is none, unless ``CallOptions/waitForReady`` is set.
  public var waitForReady: Bool?

  /// The largest message to the server, in bytes; a larger one ends its call with RESOURCE_EXHAUSTED.
  ///
  /// `nil` for the channel's limit. The smaller counts.
  public var maxRequestMessageBytes: Int?

  /// The largest message from the server, in bytes; a larger one ends its call with RESOURCE_EXHAUSTED.
  ///
  /// `nil` for the channel's limit. The smaller counts.
  public var maxResponseMessageBytes: Int?

  /// How calls that fail are made again.
  ///
  /// `nil` for not at all.
  public var retryPolicy: RetryPolicy?

  /// Creates settings.
  public init(
    names: [Name],
    timeout: Duration? = nil,
    waitForReady: Bool? = nil,
    maxRequestMessageBytes: Int? = nil,
    maxResponseMessageBytes: Int? = nil,
    retryPolicy: RetryPolicy? = nil
  ) {
    self.names = names
    self.timeout = timeout
    self.waitForReady = waitForReady
    self.maxRequestMessageBytes = maxRequestMessageBytes
    self.maxResponseMessageBytes = maxResponseMessageBytes
    self.retryPolicy = retryPolicy
  }

  func json(field: String) throws(RPCError) -> JSONValue {
    guard !names.isEmpty else {
      throw RPCError(invalid: "\(field).name", "must not be empty: use .all for every method")
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
    return .object(object)
  }
}
