/// The observers of a channel's calls as one object, which a call uses without a copy of the observers.
final class JoinedClientCallObservers: Sendable {
  private let first: any ClientCallObserver
  private let others: [any ClientCallObserver]

  /// - Returns: `nil` without observers.
  init?(_ observers: [any ClientCallObserver]) {
    guard let first = observers.first else { return nil }
    self.first = first
    others = Array(observers.dropFirst())
  }

  func callStarted() {
    first.callStarted()
    if others.isEmpty { return }
    for observer in others { observer.callStarted() }
  }

  func callEnded(_ call: borrowing EndedClientCall) {
    first.callEnded(call)
    if others.isEmpty { return }
    for observer in others { observer.callEnded(call) }
  }
}
