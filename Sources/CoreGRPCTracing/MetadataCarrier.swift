import CoreGRPC
import Tracing

/// Gives a tracer the metadata of a call.
struct MetadataCarrier: Extractor, Injector {
  func extract(key: String, from metadata: Metadata) -> String? {
    let values = metadata[stringValues: key]
    // As HTTP joins the values of a field.
    return values.isEmpty ? nil : values.joined(separator: ",")
  }

  func inject(_ value: String, forKey key: String, into metadata: inout Metadata) {
    // gRPC reserves these keys, and a call that has one fails.
    if key.lowercased().hasPrefix("grpc-") { return }
    metadata.replaceOrAddString(value, forKey: key)
  }
}
