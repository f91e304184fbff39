import Synchronization

/// A client's call that is not unary, or that interceptors see, and that observers or interceptors follow.
final class ObservedStream: Sendable {
  let observation: ClientObservation
  let attempts = ClientAttempts()
  private let mayRetry = Atomic(false)

  init(_ observation: ClientObservation) { self.observation = observation }

  /// The code that the last attempt ended with; `nil` without an attempt.
  var code: Status.Code? { observation.measurement.code }

  /// Notes that another attempt is about to begin.
  func willMakeCall(mayRetry: Bool) { if mayRetry { self.mayRetry.store(true, ordering: .relaxed) } }

  /// Notes the end of the call.
  func end(_ code: Status.Code) {
    observation.end(
      code,
      mayRetry: mayRetry.load(ordering: .relaxed),
      peer: .attempts(attempts),
      attempts: attempts
    )
  }
}
