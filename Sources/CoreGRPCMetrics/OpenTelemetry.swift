import CoreGRPC
import Metrics

/// The dimensions of OpenTelemetry's conventions for RPC.
enum OpenTelemetry {
  /// Returns the dimensions of a method and a status, on either end.
  ///
  /// - Parameter isFailure: Whether the status is a failure of this end.
  static func dimensions(
    _ method: MethodDescriptor?,
    _ code: Status.Code,
    isFailure: Bool
  ) -> [(String, String)] {
    var dimensions = [
      (Dimension.openTelemetrySystem, "grpc"),
      (Dimension.openTelemetryMethod, method?.fullyQualifiedMethod ?? Dimension.openTelemetryOtherMethod),
      (Dimension.openTelemetryStatus, code.description),
    ]
    if isFailure { dimensions.append((Dimension.errorType, code.description)) }
    return dimensions
  }
}

extension MetricsFactory {
  /// Makes a timer that is displayed in seconds.
  func makeTimer(seconds label: String, _ dimensions: [(String, String)]) -> any TimerHandler {
    let timer = makeTimer(label: label, dimensions: dimensions)
    timer.preferDisplayUnit(.seconds)
    return timer
  }
}
