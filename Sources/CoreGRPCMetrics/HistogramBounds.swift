/// The upper bounds of the buckets that the conventions ask for.
///
/// swift-metrics has no bounds: give them to the metrics backend by the instruments' labels.
public enum HistogramBounds {
  /// gRPC's bounds of durations, in seconds.
  public static let durations: [Double] = [
    0, 0.00001, 0.00005, 0.0001, 0.0003, 0.0006, 0.0008, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01, 0.013,
    0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2, 5,
    10, 20, 50, 100,
  ]

  /// gRPC's bounds of sizes, in bytes.
  public static let sizes: [Double] = [
    0, 1024, 2048, 4096, 16384, 65536, 262_144, 1_048_576, 4_194_304, 16_777_216, 67_108_864, 268_435_456,
    1_073_741_824, 4_294_967_296,
  ]

  /// OpenTelemetry's bounds of durations, in seconds.
  public static let openTelemetryDurations: [Double] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
  ]

  /// Returns the bounds of an instrument.
  ///
  /// - Parameter label: The label, for instance `grpc.server.call.duration`.
  /// - Returns: The bounds; `nil` if the label is not that of a histogram of this product.
  public static func bounds(forInstrument label: String) -> [Double]? {
    switch label {
    case Label.serverDuration, Label.clientDuration, Label.attemptDuration: durations
    case Label.serverSent, Label.serverReceived, Label.attemptSent, Label.attemptReceived: sizes
    case Label.openTelemetryServerDuration, Label.openTelemetryClientDuration: openTelemetryDurations
    default: nil
    }
  }
}
