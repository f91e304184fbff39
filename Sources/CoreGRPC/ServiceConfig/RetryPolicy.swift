/// The rules by which C-core makes a failed call again, unnoticed by the caller.
///
/// C-core retries calls that failed with one of the codes before the server sent its metadata, and whose messages so
/// far fit into a buffer (`grpc.per_rpc_retry_buffer_size`, 256 KiB). The server sees the number of earlier attempts in
/// the metadata `grpc-previous-rpc-attempts`. See <https://github.com/grpc/proposal/blob/master/A6-client-retries.md>.
///
/// - Warning: With gRPC 1.51 as Ubuntu builds it, a server or proxy that ends a response without `grpc-status` ends the
///   process of a client whose channel has a retry policy. Give such a channel servers that you trust. A channel
///   without a policy is safe: see ``Channel/Configuration/allowsRetries``.
public struct RetryPolicy: Sendable, Hashable {
  /// The largest number of attempts, the first one included; at least 2.
  ///
  /// C-core makes 5 attempts at most.
  public var maxAttempts: Int

  /// The longest pause before the second attempt.
  ///
  /// The pause is a random part of it.
  public var initialBackoff: Duration

  /// The longest pause before any attempt.
  public var maxBackoff: Duration

  /// The factor by which the longest pause grows from attempt to attempt.
  public var backoffMultiplier: Double

  /// The codes after which a call is made again; at least one.
  public var retryableStatusCodes: Set<RPCError.Code>

  /// The members of the JSON that have no property here.
  private var others = JSONObject()

  /// Creates a policy.
  ///
  /// - Parameters:
  ///   - maxAttempts: The largest number of attempts, the first one included; at least 2.
  ///   - initialBackoff: The longest pause before the second attempt.
  ///   - maxBackoff: The longest pause before any attempt. Defaults to 10 seconds.
  ///   - backoffMultiplier: The factor by which the longest pause grows. Defaults to 2.
  ///   - retryableStatusCodes: The codes after which a call is made again; at least one.
  public init(
    maxAttempts: Int,
    initialBackoff: Duration,
    maxBackoff: Duration = .seconds(10),
    backoffMultiplier: Double = 2,
    retryableStatusCodes: Set<RPCError.Code>
  ) {
    self.maxAttempts = maxAttempts
    self.initialBackoff = initialBackoff
    self.maxBackoff = maxBackoff
    self.backoffMultiplier = backoffMultiplier
    self.retryableStatusCodes = retryableStatusCodes
  }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard maxAttempts >= 2 else { throw RuntimeError(invalid: "\(field).maxAttempts", "must be at least 2") }
    guard backoffMultiplier > 0, backoffMultiplier.isFinite else {
      throw RuntimeError(invalid: "\(field).backoffMultiplier", "must be a positive number")
    }
    guard !retryableStatusCodes.isEmpty else {
      throw RuntimeError(invalid: "\(field).retryableStatusCodes", "must not be empty")
    }
    let codes = retryableStatusCodes.sorted { $0.rawValue < $1.rawValue }.map { JSONValue.string($0.description) }
    let object: JSONObject = [
      "maxAttempts": try .size(maxAttempts, field: "\(field).maxAttempts"),
      "initialBackoff": try .duration(initialBackoff, field: "\(field).initialBackoff"),
      "maxBackoff": try .duration(maxBackoff, field: "\(field).maxBackoff"),
      "backoffMultiplier": .number(backoffMultiplier.description),
      "retryableStatusCodes": .array(codes),
    ]
    return .object(object + others)
  }
}

extension RetryPolicy {
  /// Creates the policy from JSON; `nil` if a member is missing, or not of the form that it must have.
  init?(value: JSONValue) {
    guard
      case .object(let object) = value, object.hasUniqueNames, let maxAttempts = object["maxAttempts"]?.integer,
      let initialBackoff = object["initialBackoff"].flatMap(Duration.init(json:)),
      let maxBackoff = object["maxBackoff"].flatMap(Duration.init(json:)),
      let multiplier = object["backoffMultiplier"]?.double,
      case .array(let values)? = object["retryableStatusCodes"],
      let codes = RPCError.Code.codes(of: values)
    else { return nil }
    self.init(
      maxAttempts: maxAttempts,
      initialBackoff: initialBackoff,
      maxBackoff: maxBackoff,
      backoffMultiplier: multiplier,
      retryableStatusCodes: codes
    )
    let known: Set = ["maxAttempts", "initialBackoff", "maxBackoff", "backoffMultiplier", "retryableStatusCodes"]
    for member in object.members where !known.contains(member.name) { others.add(member.name, member.value) }
  }
}
