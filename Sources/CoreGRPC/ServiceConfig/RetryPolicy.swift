/// How calls that fail are made again, without the caller noticing.
///
/// C-core does the retrying: of calls that failed with one of the codes before the server sent its metadata, and whose
/// messages so far fit into a buffer (`grpc.per_rpc_retry_buffer_size`, 256 KiB). The server sees the number of attempts
/// before in the metadata `grpc-previous-rpc-attempts`. See <https://github.com/grpc/proposal/blob/master/A6-client-retries.md>.
///
/// - Warning: With gRPC 1.51 as Debian and Ubuntu build it, a server or proxy that ends a response without `grpc-status` ends the
///   process of a client whose channel has a retry policy. Give such a channel servers that you trust. A channel without a policy
///   is safe: see ``Channel/Configuration/allowsRetries``.
public struct RetryPolicy: Sendable, Hashable {
  /// How often a call is made at most, the first time included; at least 2.
  ///
  /// C-core takes more than 5 for 5.
  public var maxAttempts: Int

  /// The longest pause before the second attempt; the pause is a random part of it.
  public var initialBackoff: Duration

  /// The longest pause before any attempt.
  public var maxBackoff: Duration

  /// The factor by which the longest pause grows from attempt to attempt.
  public var backoffMultiplier: Double

  /// The codes after which a call is made again; at least one.
  public var retryableStatusCodes: Set<RPCError.Code>

  /// Creates a policy.
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

  func json(field: String) throws(RPCError) -> JSONValue {
    guard maxAttempts >= 2 else { throw RPCError(invalid: "\(field).maxAttempts", "must be at least 2") }
    guard backoffMultiplier > 0, backoffMultiplier.isFinite else {
      throw RPCError(invalid: "\(field).backoffMultiplier", "must be a positive number")
    }
    guard !retryableStatusCodes.isEmpty else {
      throw RPCError(invalid: "\(field).retryableStatusCodes", "must not be empty")
    }
    let codes = retryableStatusCodes.sorted { $0.rawValue < $1.rawValue }.map { JSONValue.string($0.description) }
    return .object([
      "maxAttempts": try .size(maxAttempts, field: "\(field).maxAttempts"),
      "initialBackoff": try .duration(initialBackoff, field: "\(field).initialBackoff"),
      "maxBackoff": try .duration(maxBackoff, field: "\(field).maxBackoff"),
      "backoffMultiplier": .number(backoffMultiplier.description),
      "retryableStatusCodes": .array(codes),
    ])
  }
}
