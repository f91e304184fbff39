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

extension Timer {
  /// Creates a timer that is displayed in seconds.
  convenience init(seconds label: String, _ dimensions: [(String, String)], _ factory: any MetricsFactory) {
    self.init(label: label, dimensions: dimensions, preferredDisplayUnit: .seconds, factory: factory)
  }
}

extension Duration {
  /// The duration in nanoseconds, of a length that a call can have.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds * 1_000_000_000 + attoseconds / 1_000_000_000
  }
}
