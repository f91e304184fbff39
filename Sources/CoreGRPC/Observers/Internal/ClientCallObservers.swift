/// The observers of a channel's calls, by method.
final class ClientCallObservers: Sendable {
  /// The largest number of methods with observers of their own.
  static let largestMethodCount = 4096

  /// The channel's target in full.
  private let target: String
  private let observers: [any ClientCallObserver]
  private let ofOtherMethods: [any ClientCallObserver]
  private let byPath = Locked<[String: [any ClientCallObserver]]>([:])

  /// - Returns: `nil` without observers.
  init?(_ observers: [any ClientCallObserver], target: String) {
    guard !observers.isEmpty else { return nil }
    self.target = target
    self.observers = observers
    ofOtherMethods = observers.map { $0.observer(forMethod: nil, target: target) }
  }

  /// Returns the observers of a method's calls.
  subscript(method: MethodDescriptor) -> [any ClientCallObserver] {
    guard method.type != nil else { return ofOtherMethods }
    let path = method.path
    let (known, isFull) = byPath.withLock { ($0[path], $0.count >= Self.largestMethodCount) }
    if let known { return known }
    if isFull { return ofOtherMethods }
    // Without the lock: this is code of the program.
    let new = observers.map { $0.observer(forMethod: method, target: target) }
    return byPath.withLock { byPath in
      // The first one stays, so that each method has one observer.
      if let known = byPath[path] { return known }
      byPath[path] = new
      return new
    }
  }
}
