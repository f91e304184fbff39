public import CoreGRPC

/// A server interceptor that reports the server's load in the trailing metadata of each call (gRFC A51).
///
/// ```swift
/// let recorder = BackendMetricsRecorder()
/// let server = Server(services: [service], interceptors: [BackendMetricsInterceptor(recorder)])
/// recorder.update { $0.cpuUtilization = 0.3 }
/// ```
///
/// What the handler itself reports takes precedence. A call that ends with an error reports nothing.
public struct BackendMetricsInterceptor: ServerInterceptor {
  private let recorder: BackendMetricsRecorder

  /// Creates an interceptor.
  ///
  /// - Parameter recorder: The server's metrics.
  public init(_ recorder: BackendMetricsRecorder) { self.recorder = recorder }

  /// Serves the call, and adds the report to its trailing metadata.
  ///
  /// - Parameters:
  ///   - request: The request.
  ///   - context: The call's context.
  ///   - next: Passes the request on.
  /// - Returns: The response, with the report.
  /// - Throws: What `next` throws.
  public func intercept<Input: Sendable, Output: Sendable>(
    request: StreamingServerRequest<Input>,
    context: ServerContext,
    next: @Sendable (StreamingServerRequest<Input>, ServerContext) async throws -> StreamingServerResponse<Output>
  ) async throws -> StreamingServerResponse<Output> {
    var response = try await next(request, context)
    let producer = response.producer
    response.producer = { [recorder] writer in
      var metadata = try await producer(writer)
      metadata.backendMetrics = recorder.metrics.merging(metadata.backendMetrics ?? BackendMetrics())
      return metadata
    }
    return response
  }
}
