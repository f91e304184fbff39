import CoreGRPC
import TestSupport

@testable import TraceExport

/// A collector of OTLP's traces, which does with each export what it is told.
final class Collector: Opentelemetry_Proto_Collector_Trace_V1_TraceService.SimpleServiceProtocol {
  typealias Request = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceRequest
  typealias Response = Opentelemetry_Proto_Collector_Trace_V1_ExportTraceServiceResponse

  private struct State {
    var requests: [Request] = []
    var attempts = 0
  }

  private let state = Locked(State())
  private let answer: @Sendable (_ attempt: Int) throws -> Response

  /// Creates a collector.
  ///
  /// - Parameter answer: Returns the response to an export, the first of which is number 0.
  init(answer: @escaping @Sendable (_ attempt: Int) throws -> Response = { _ in Response() }) { self.answer = answer }

  func export(request: Request, context: ServerContext) async throws -> Response {
    let attempt = state.withLock { state in
      state.attempts += 1
      return state.attempts - 1
    }
    let response = try answer(attempt)
    state.withLock { $0.requests.append(request) }
    return response
  }

  /// The exports that were accepted.
  var requests: [Request] { state.withLock { $0.requests } }

  /// Their spans, each with the attributes of its process.
  var spans: [(resource: [String: String], span: Opentelemetry_Proto_Trace_V1_Span)] {
    requests.flatMap(\.resourceSpans).flatMap { resource in
      let attributes = (resource.resource?.attributes ?? []).map { ($0.key, $0.text) }
      return resource.scopeSpans.flatMap(\.spans).map { (Dictionary(uniqueKeysWithValues: attributes), $0) }
    }
  }

  /// The number of exports that were tried.
  var attempts: Int { state.withLock { $0.attempts } }
}

extension Opentelemetry_Proto_Common_V1_KeyValue {
  /// The value as text.
  var text: String {
    switch value?.value {
    case .stringValue(let text)?: text
    case .intValue(let number)?: "\(number)"
    case let other: "\(String(describing: other))"
    }
  }
}
