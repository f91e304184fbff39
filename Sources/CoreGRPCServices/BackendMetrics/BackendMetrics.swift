public import CoreGRPC
import ProtobufC

/// The load that a server reports to its clients, for their load balancing (gRFC A51).
///
/// Clients with `weighted_round_robin` make the weight of an address from ``queriesPerSecond`` over
/// ``applicationUtilization`` or, where that is zero, ``cpuUtilization``. An address that reports neither has none.
public struct BackendMetrics: Sendable, Hashable {
  /// The metadata key that reports have: `endpoint-load-metrics-bin`.
  public static let metadataKey = "endpoint-load-metrics-bin"

  /// The used part of the processors that the server may use, from 0, and above 1 for bursts.
  ///
  /// Defaults to 0: unknown.
  public var cpuUtilization = 0.0

  /// The used part of the memory that the server may use, from 0 to 1.
  ///
  /// Defaults to 0: unknown.
  public var memoryUtilization = 0.0

  /// The used part of what the application itself measures, from 0.
  ///
  /// Defaults to 0: unknown.
  public var applicationUtilization = 0.0

  /// The calls in each second.
  ///
  /// Defaults to 0: unknown.
  public var queriesPerSecond = 0.0

  /// The failed calls in each second.
  ///
  /// Defaults to 0.
  public var errorsPerSecond = 0.0

  /// The costs of one call, for instance in database queries, by name.
  ///
  /// Defaults to none. They have no meaning for a server as a whole.
  public var requestCost: [String: Double] = [:]

  /// The used parts of other resources, from 0 to 1, by name.
  ///
  /// Defaults to none.
  public var utilization: [String: Double] = [:]

  /// Other measures, by name.
  ///
  /// Defaults to none.
  public var namedMetrics: [String: Double] = [:]

  /// Creates metrics of which none is known.
  public init() {}

  init(_ message: Xds_Data_Orca_V3_OrcaLoadReport) {
    cpuUtilization = message.cpuUtilization
    memoryUtilization = message.memUtilization
    applicationUtilization = message.applicationUtilization
    queriesPerSecond = message.rpsFractional
    errorsPerSecond = message.eps
    requestCost = message.requestCost
    utilization = message.utilization
    namedMetrics = message.namedMetrics
  }

  var message: Xds_Data_Orca_V3_OrcaLoadReport {
    .with {
      $0.cpuUtilization = cpuUtilization
      $0.memUtilization = memoryUtilization
      $0.applicationUtilization = applicationUtilization
      $0.rpsFractional = queriesPerSecond
      $0.eps = errorsPerSecond
      $0.requestCost = requestCost
      $0.utilization = utilization
      $0.namedMetrics = namedMetrics
    }
  }

  /// Returns these metrics with those of one call, which take precedence.
  func merging(_ call: BackendMetrics) -> BackendMetrics {
    func either(_ key: KeyPath<BackendMetrics, Double>) -> Double {
      call[keyPath: key] != 0 ? call[keyPath: key] : self[keyPath: key]
    }
    var merged = BackendMetrics()
    merged.cpuUtilization = either(\.cpuUtilization)
    merged.memoryUtilization = either(\.memoryUtilization)
    merged.applicationUtilization = either(\.applicationUtilization)
    merged.queriesPerSecond = either(\.queriesPerSecond)
    merged.errorsPerSecond = either(\.errorsPerSecond)
    merged.requestCost = requestCost.merging(call.requestCost) { $1 }
    merged.utilization = utilization.merging(call.utilization) { $1 }
    merged.namedMetrics = namedMetrics.merging(call.namedMetrics) { $1 }
    return merged
  }
}

extension Metadata {
  /// The report of a server's load, in the trailing metadata of a call; `nil` without one that can be read.
  ///
  /// C-core gives a report to the load balancing of a client, and not to its program. A handler sets one to report what
  /// its call has cost:
  ///
  /// ```swift
  /// var response = ServerResponse(message: reply)
  /// var metrics = BackendMetrics()
  /// metrics.requestCost["rows"] = 250
  /// response.trailingMetadata.backendMetrics = metrics
  /// ```
  public var backendMetrics: BackendMetrics? {
    get {
      guard
        let bytes = self[binaryValues: BackendMetrics.metadataKey].first(where: { _ in true }),
        let message = try? Xds_Data_Orca_V3_OrcaLoadReport(serializedBytes: bytes)
      else { return nil }
      return BackendMetrics(message)
    }
    set {
      removeAllValues(forKey: BackendMetrics.metadataKey)
      guard let newValue else { return }
      addBinary(newValue.message.serializedBytes(), forKey: BackendMetrics.metadataKey)
    }
  }
}
