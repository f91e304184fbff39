/// A client's call that is not unary, or that interceptors see, and that observers or interceptors follow.
struct ObservedStream: Sendable {
  let measurement: CallMeasurement
  let attempts = ClientAttempts()

  init(of method: ObservedMethod) { measurement = CallMeasurement(of: method) }

  /// The code that interceptors or the last attempt ended with; `nil` without either.
  var code: Status.Code? { measurement.interceptorFailure ?? measurement.code }

  /// Notes the end of the call.
  func end(_ code: Status.Code) { measurement.end(code, peer: .attempts(attempts), attempts: attempts) }
}
