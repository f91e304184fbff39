public import CoreGRPC
public import CoreGRPCProtobuf
public import ProtobufC
import ProtobufCWellKnownTypes

/// The service by which clients ask a server for its load, `xds.service.orca.v3.OpenRcaService` (gRFC A51).
///
/// ```swift
/// let recorder = BackendMetricsRecorder()
/// let server = Server(services: [service, OpenRCAService(recorder)])
/// ```
///
/// Clients whose policy has `enableOobLoadReport` ask it. The first report comes immediately, and further ones at the
/// interval that the client asks for. When the server begins to shut down, the streams end with UNAVAILABLE.
public struct OpenRCAService: ProtobufService {
  private let recorder: BackendMetricsRecorder
  private let minimumInterval: Duration

  /// Creates the service.
  ///
  /// - Parameters:
  ///   - recorder: The server's metrics.
  ///   - minimumInterval: The least time between two reports on a stream. Defaults to 30 seconds, as in other
  ///     implementations of gRPC. Less than a millisecond counts as one.
  public init(_ recorder: BackendMetricsRecorder, minimumInterval: Duration = .seconds(30)) {
    self.recorder = recorder
    self.minimumInterval = max(minimumInterval, .milliseconds(1))
  }

  /// The name of the service: `xds.service.orca.v3.OpenRcaService`.
  public static var descriptor: ServiceDescriptor { Xds_Service_Orca_V3_OpenRcaService.descriptor }

  /// The file that declares the service: `xds/service/orca/v3/orca.proto`.
  public static var protoFileDescriptor: ProtoFileDescriptor { Xds_Service_Orca_V3_OrcaFile.descriptor }

  /// Registers the service's methods.
  public func registerMethods(with router: inout RPCRouter) {
    Methods(recorder: recorder, minimumInterval: minimumInterval).registerMethods(with: &router)
  }
}

extension OpenRCAService {
  private struct Methods: Xds_Service_Orca_V3_OpenRcaService.ServiceProtocol {
    let recorder: BackendMetricsRecorder
    let minimumInterval: Duration

    func streamCoreMetrics(
      request: ServerRequest<Xds_Service_Orca_V3_OrcaLoadReportRequest>,
      context: ServerContext
    ) async throws -> StreamingServerResponse<Xds_Data_Orca_V3_OrcaLoadReport> {
      let interval = max(minimumInterval, try request.message.interval).bounded
      let names = Set(request.message.requestCostNames)
      return StreamingServerResponse { [recorder, cancellation = context.cancellation] writer in
        while true {
          var metrics = recorder.metrics
          if !names.isEmpty { metrics.requestCost = metrics.requestCost.filter { names.contains($0.key) } }
          try await writer.write(metrics.message)
          guard try await cancellation.isCancelled(within: interval) else { continue }
          guard cancellation.reason == .serverShutdown else { throw CancellationError() }
          throw RPCError(code: .unavailable, message: "the server is shutting down")
        }
      }
    }
  }
}

extension Xds_Service_Orca_V3_OrcaLoadReportRequest {
  /// The interval that the client asks for; zero without one.
  fileprivate var interval: Duration {
    get throws {
      guard let interval = reportInterval else { return .zero }
      // google/protobuf/duration.proto: from minus to plus ten thousand years, with nanoseconds of the same sign.
      guard (0...315_576_000_000).contains(interval.seconds), (0...999_999_999).contains(interval.nanos) else {
        throw RPCError(code: .invalidArgument, message: "report_interval must be a positive duration")
      }
      return .seconds(interval.seconds) + .nanoseconds(Int64(interval.nanos))
    }
  }
}

extension ServerContext.RPCCancellationHandle {
  /// Waits for the cancellation for a time.
  ///
  /// - Returns: Whether the call is cancelled.
  /// - Throws: `CancellationError`, if the task is cancelled.
  fileprivate func isCancelled(within time: Duration) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await cancelled
        return true
      }
      group.addTask {
        try await Task.sleep(for: time)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? isCancelled
    }
  }
}
