/// The observers of a server's calls as one object, which a call uses without a copy of the observers.
final class JoinedServerCallObservers: Sendable {
  private let first: any ServerCallObserver
  private let others: [any ServerCallObserver]

  /// - Returns: `nil` without observers.
  init?(_ observers: [any ServerCallObserver]) {
    guard let first = observers.first else { return nil }
    self.first = first
    others = Array(observers.dropFirst())
  }

  func callStarted() {
    first.callStarted()
    if others.isEmpty { return }
    for observer in others { observer.callStarted() }
  }

  func callEnded(_ call: borrowing EndedServerCall) {
    first.callEnded(call)
    if others.isEmpty { return }
    for observer in others { observer.callEnded(call) }
  }
}
