import CoreGRPCMetrics

extension InstrumentDescription {
  /// Returns the description of an instrument of the product CoreGRPCMetrics by its label; of any other, none.
  ///
  /// - Parameter label: The label, for instance `grpc.server.call.duration`.
  @Sendable public static func ofGRPC(_ label: String) -> InstrumentDescription {
    let unit =
      if label.hasSuffix(".duration") { "seconds" } else if label.hasSuffix("_message_size") { "bytes" } else {
        nil as String?
      }
    return InstrumentDescription(unit: unit, bounds: HistogramBounds.bounds(forInstrument: label), help: help[label])
  }

  private static let help = [
    "grpc.server.call.started": "Calls that have begun.",
    "grpc.server.call.duration": "The time of calls that have ended.",
    "grpc.server.call.sent_total_compressed_message_size": "The bytes of all messages that a call has sent.",
    "grpc.server.call.rcvd_total_compressed_message_size": "The bytes of all messages that a call has received.",
    "coregrpc.server.open_calls": "Calls in progress.",
    "coregrpc.server.refused_calls": "Calls that no handler got.",
    "coregrpc.server.open_connections": "Connections that are open.",
    "coregrpc.server.unreleased_calls": "Calls in progress, and those whose handlers still run.",
    "coregrpc.server.poller_threads": "Threads that poll for the network, or run a handler meanwhile.",
    "coregrpc.server.relieved_threads": "Polling threads that a handler keeps.",
    "coregrpc.server.handler_threads": "Threads for handlers that block or compute.",
    "coregrpc.server.queued_handlers": "Handlers that wait for such a thread.",
    "coregrpc.client.poller_threads": "Threads that poll for the channels of the process.",
    "coregrpc.process.deferred_sends": "Messages and statuses that waited for the end of an event's work.",
    "coregrpc.process.coalesced_sends": "Those of them that were written together with another one.",
    "coregrpc.process.dropped_log_lines": "Lines that the log lost.",
  ]
}
