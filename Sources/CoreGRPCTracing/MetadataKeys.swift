import CoreGRPC
import Tracing

/// The keys of the metadata whose values become attributes of spans.
struct MetadataKeys: Sendable {
  private let request: [String]
  private let response: [String]

  init(request: Set<String>, response: Set<String>) {
    self.request = request.map { $0.lowercased() }.sorted()
    self.response = response.map { $0.lowercased() }.sorted()
  }

  func setRequest(_ metadata: Metadata, in attributes: inout SpanAttributes) {
    Self.set(request, of: metadata, "rpc.request.metadata.", in: &attributes)
  }

  func setResponse(_ metadata: Metadata, on span: any Span) {
    if response.isEmpty { return }
    span.updateAttributes { Self.set(response, of: metadata, "rpc.response.metadata.", in: &$0) }
  }

  private static func set(
    _ keys: [String],
    of metadata: Metadata,
    _ prefix: String,
    in attributes: inout SpanAttributes
  ) {
    for key in keys {
      let values = metadata[key].map { $0.encoded() }
      if !values.isEmpty { attributes[prefix + key] = values }
    }
  }
}
