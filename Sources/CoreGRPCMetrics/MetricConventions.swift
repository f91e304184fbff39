/// The names under which calls are measured.
public struct MetricConventions: OptionSet, Sendable {
  /// The bits of the conventions.
  public let rawValue: UInt8

  /// Creates a set of conventions.
  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// gRPC's own instruments, of gRFC A66: `grpc.server.call.duration` and others.
  public static let grpc = Self(rawValue: 1)

  /// OpenTelemetry's conventions for RPC: `rpc.server.call.duration` and `rpc.client.call.duration`.
  public static let openTelemetry = Self(rawValue: 2)
}
