/// A client's call that observers or interceptors follow: an object, so that calls without one carry a `nil` only.
final class ClientObservation: Sendable {
  let measurement = CallMeasurement()
  private let method: MethodDescriptor
  private let target: String
  private let observers: [any ClientCallObserver]

  /// Begins to observe a call.
  ///
  /// - Parameters:
  ///   - target: The channel's target in full.
  ///   - observers: Those of the channel; `nil` if only interceptors follow the call.
  init(_ method: MethodDescriptor, target: String, _ observers: ClientCallObservers?) {
    self.method = method
    self.target = target
    self.observers = observers?[method] ?? []
    for observer in self.observers { observer.callStarted() }
  }

  /// Notes the end of the call.
  ///
  /// - Parameters:
  ///   - code: The code of the call's status.
  ///   - mayRetry: Whether C-core may have made other attempts.
  ///   - attempts: The attempts of a call that is not unary.
  func end(_ code: Status.Code, mayRetry: Bool, peer: EndedClientCall.PeerSource, attempts: ClientAttempts? = nil) {
    let closures = attempts?.takeEndClosures() ?? []
    if observers.isEmpty, closures.isEmpty { return }
    let call = EndedClientCall(
      method: method,
      target: target,
      code: code,
      measurement: measurement,
      attempts: mayRetry ? nil : measurement.attempts,
      peer: peer
    )
    for observer in observers { observer.callEnded(call) }
    for closure in closures { closure(call) }
  }
}
