/// The rules by which the library sends a call several times, and takes the first answer.
///
/// The first attempt begins immediately, and further ones as long as there is no answer, each ``hedgingDelay`` after
/// the one before. The first success is the call's response, and the other attempts are cancelled. An attempt that
/// fails with one of ``nonFatalStatusCodes`` has the next one begin at once; any other failure is the call's, and ends
/// the other attempts. Use it for methods that may run several times for one call. See
/// <https://github.com/grpc/proposal/blob/master/A6-client-retries.md>.
///
/// It applies to calls with one request message and one response message, unless an interceptor replaces the producer
/// of the request. Interceptors and observers see one call, with the messages of all attempts. The timeout is that of
/// all attempts together. A server can delay the next attempt, or forbid it, with `grpc-retry-pushback-ms` in its
/// trailing metadata. While ``ServiceConfig/retryThrottling`` stops retries, there is one attempt alone; its tokens for
/// hedging are apart from C-core's for retries. Each attempt after the first tells the server in
/// `grpc-previous-rpc-attempts` how many have begun before it. C-core removes that from calls of a channel that can
/// retry: one with a ``RetryPolicy`` for another method, or whose ``Channel/Configuration/allowsRetries`` is `true`.
///
/// The attempts go to different servers only if ``ServiceConfig/loadBalancingConfig`` distributes calls: see
/// ``LoadBalancingConfig/roundRobin``.
public struct HedgingPolicy: Sendable, Hashable {
  /// The largest number of attempts, the first one included; at least 2.
  ///
  /// The library makes 5 attempts at most.
  public var maxAttempts: Int

  /// The time after an attempt at which the next one begins.
  ///
  /// With zero all begin at once.
  public var hedgingDelay: Duration

  /// The codes with which an attempt may fail without failing the call while others are possible.
  public var nonFatalStatusCodes: Set<RPCError.Code>

  /// The members of the JSON that have no property here.
  private var others = JSONObject()

  /// Creates a policy.
  ///
  /// - Parameters:
  ///   - maxAttempts: The largest number of attempts, the first one included; at least 2.
  ///   - hedgingDelay: The time after an attempt at which the next one begins. Zero begins all at once.
  ///   - nonFatalStatusCodes: The codes with which an attempt may fail without failing the call. Defaults to none.
  public init(maxAttempts: Int, hedgingDelay: Duration, nonFatalStatusCodes: Set<RPCError.Code> = []) {
    self.maxAttempts = maxAttempts
    self.hedgingDelay = hedgingDelay
    self.nonFatalStatusCodes = nonFatalStatusCodes
  }

  /// The number of attempts that the library makes.
  var attempts: Int { min(maxAttempts, 5) }

  func json(field: String) throws(RuntimeError) -> JSONValue {
    guard maxAttempts >= 2 else { throw RuntimeError(invalid: "\(field).maxAttempts", "must be at least 2") }
    let delay: JSONValue =
      try hedgingDelay == .zero ? .string("0s") : .duration(hedgingDelay, field: "\(field).hedgingDelay")
    let codes = nonFatalStatusCodes.sorted { $0.rawValue < $1.rawValue }.map { JSONValue.string($0.description) }
    let object: JSONObject = [
      "maxAttempts": try .size(maxAttempts, field: "\(field).maxAttempts"),
      "hedgingDelay": delay,
      "nonFatalStatusCodes": .array(codes),
    ]
    return .object(object + others)
  }
}

extension HedgingPolicy {
  /// Creates the policy from JSON; `nil` if a member is missing, or not of the form that it must have.
  init?(value: JSONValue) {
    guard
      case .object(let object) = value, object.hasUniqueNames, let maxAttempts = object["maxAttempts"]?.integer,
      let delay = Duration(json: object["hedgingDelay"] ?? .string("0s")),
      case .array(let values) = object["nonFatalStatusCodes"] ?? .array([]),
      let codes = RPCError.Code.codes(of: values)
    else { return nil }
    self.init(maxAttempts: maxAttempts, hedgingDelay: delay, nonFatalStatusCodes: codes)
    let known: Set = ["maxAttempts", "hedgingDelay", "nonFatalStatusCodes"]
    for member in object.members where !known.contains(member.name) { others.add(member.name, member.value) }
  }
}

extension RPCError.Code {
  /// Reads the codes of a policy, names or numbers; `nil` if one is neither.
  static func codes(of values: [JSONValue]) -> Set<RPCError.Code>? {
    let codes = values.compactMap { value -> RPCError.Code? in
      switch value {
      case .string(let name):
        Status.Code.allCases.first { $0.description == name.uppercased() }.flatMap(RPCError.Code.init)
      default: value.integer.flatMap(RPCError.Code.init(rawValue:))
      }
    }
    return codes.count == values.count ? Set(codes) : nil
  }
}
