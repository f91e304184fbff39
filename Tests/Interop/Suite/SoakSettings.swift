/// How the soak cases are run, with the defaults of their specification.
package struct SoakSettings: Sendable, Hashable {
  /// How many calls are made.
  package var iterations = 10

  /// How many of them may fail.
  package var maximumFailures = 0

  /// How long a call may take without counting as failed.
  package var maximumLatency = Duration.seconds(1)

  /// The shortest time from the start of a call to the start of the next.
  package var minimumInterval = Duration.zero

  /// How long all may take; `nil` for all iterations at their maximum latency.
  package var timeout: Duration?

  /// The size of a request's payload.
  package var requestSize = 271_828

  /// The size of a response's payload.
  package var responseSize = 314_159

  /// How many calls are made at once, each by a worker with an equal share of the iterations.
  package var workers = 1

  package init() {}

  var effectiveTimeout: Duration { timeout ?? maximumLatency * iterations }
}
