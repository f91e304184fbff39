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
  ]
}
