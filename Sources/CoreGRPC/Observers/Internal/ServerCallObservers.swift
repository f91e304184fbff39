/// The observers of a server's calls, by the methods' numbers.
struct ServerCallObservers: Sendable {
  private let byMethod: [[any ServerCallObserver]]
  private let ofUnknownMethods: [any ServerCallObserver]

  /// - Returns: `nil` without observers.
  init?(_ observers: [any ServerCallObserver], of routes: [Route]) {
    guard !observers.isEmpty else { return nil }
    var byMethod = Array(repeating: [any ServerCallObserver](), count: routes.count)
    for route in routes { byMethod[route.index] = observers.map { $0.observer(forMethod: route.descriptor) } }
    self.byMethod = byMethod
    ofUnknownMethods = observers.map { $0.observer(forMethod: nil) }
  }

  /// Returns the observers of a method's calls, or of those of unknown methods.
  subscript(route: Route?) -> [any ServerCallObserver] { route.map { byMethod[$0.index] } ?? ofUnknownMethods }
}
