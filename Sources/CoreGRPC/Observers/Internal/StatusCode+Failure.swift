extension Status.Code {
  /// Whether OpenTelemetry's conventions take the code for a failure of the server: the others are the client's.
  package var isServersFailure: Bool {
    [.unknown, .deadlineExceeded, .unimplemented, .internalError, .unavailable, .dataLoss].contains(self)
  }
}
