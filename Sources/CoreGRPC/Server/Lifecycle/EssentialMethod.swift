/// A method whose calls a full server takes, too, up to a bound of their own: see
/// ``RPCRouter/registerEssentialMethods(of:maxConcurrentCalls:)``.
struct EssentialMethod: Sendable, Hashable {
  /// The method's number among those of the server.
  let index: Int

  /// The largest number of calls in progress.
  let maxConcurrentCalls: Int
}
