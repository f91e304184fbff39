/// The settings of the soak cases, with the defaults of their specification.
package struct SoakSettings: Sendable, Hashable {
  /// The number of calls.
  package var iterations = 10

  /// The number of calls that may fail.
  package var maximumFailures = 0

  /// The longest time that a call may take without counting as failed.
  package var maximumLatency = Duration.seconds(1)

  /// The shortest time from the start of a call to the start of the next.
  package var minimumInterval = Duration.zero

  /// The longest time that all may take; `nil` for all iterations at their maximum latency.
  package var timeout: Duration?

  /// The size of a request's payload.
  package var requestSize = 271_828

  /// The size of a response's payload.
  package var responseSize = 314_159

  /// The number of calls at a time, each by a worker with an equal share of the iterations.
  package var workers = 1

  package init() {}

  var effectiveTimeout: Duration { timeout ?? maximumLatency * iterations }
}
