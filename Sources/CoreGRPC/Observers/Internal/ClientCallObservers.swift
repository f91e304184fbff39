/// The observers of a channel's calls, by method.
final class ClientCallObservers: Sendable {
  /// The largest number of methods with observers of their own.
  static let largestMethodCount = 4096

  /// The number of methods that are compared one after the other: for so few that is quicker than to hash a path, as
  /// generated code passes the same string each time.
  private static let comparedMethodCount = 8

  private struct Methods {
    var first: [ObservedMethod] = []
    var others: [String: ObservedMethod] = [:]
    var count: Int { first.count + others.count }

    func method(_ path: String) -> ObservedMethod? {
      for method in first where method.descriptor.path == path { return method }
      return others.isEmpty ? nil : others[path]
    }
  }

  private let target: String
  private let observers: [any ClientCallObserver]
  private let ofOtherMethods: JoinedClientCallObservers?
  private let methods = Locked(Methods())

  /// - Returns: `nil` without observers.
  init?(_ observers: [any ClientCallObserver], target: String) {
    guard !observers.isEmpty else { return nil }
    self.target = target
    self.observers = observers
    ofOtherMethods = JoinedClientCallObservers(
      observers.map { $0.observer(forMethod: nil, target: target) }
    )
  }

  /// Returns a method with its observers.
  subscript(descriptor: MethodDescriptor) -> ObservedMethod {
    guard descriptor.type != nil else { return other(descriptor) }
    let path = descriptor.path
    let (known, isFull) = methods.withLock { ($0.method(path), $0.count >= Self.largestMethodCount) }
    if let known { return known }
    if isFull { return other(descriptor) }
    // Without the lock: this is code of the program.
    let new = ObservedMethod(
      descriptor,
      target: target,
      observer: JoinedClientCallObservers(
        observers.map { $0.observer(forMethod: descriptor, target: target) }
      )
    )
    return methods.withLock { methods in
      // The first one stays, so that each method has one observer.
      if let known = methods.method(path) { return known }
      if methods.first.count < Self.comparedMethodCount {
        methods.first.append(new)
      } else {
        methods.others[path] = new
      }
      return new
    }
  }

  private func other(_ descriptor: MethodDescriptor) -> ObservedMethod {
    ObservedMethod(descriptor, target: target, observer: ofOtherMethods)
  }
}
