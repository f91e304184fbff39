/// The removal of the values of metadata from C-core's log.
///
/// C-core writes refused metadata in full: metadata that it cannot send, and metadata of a peer that it cannot parse.
/// The library checks metadata before C-core sees it; only C-core can check the metadata that a peer sends.
/// `GRPC_TRACE` shows whole lists.
enum LogRedaction {
  /// The texts before a value, which may contain anything: so the text ends here.
  private static let markers = [
    " value=",  // Error parsing metadata: error=… key=… value=…; Append error: …; key=… value=… of a trace
    "raw_bytes:",  // validate_metadata: … {raw_bytes:"…"}
    "ended with error ", "Could not parse JSON from ",  // a response of a token service
    " md=", "metadata=", "METADATA{", "header_data=",  // traces of filters, transports and batches
  ]

  /// Returns the text up to the first value of metadata in it.
  static func redact(_ text: String) -> String {
    var ends = markers.compactMap { end(of: $0, in: text) }
    // A trace of a frame's headers, for instance HTTP:3:HDR:SVR: key: value.
    if text.hasPrefix("HTTP:"), let end = end(of: ": ", in: text) { ends.append(end) }
    guard let end = ends.min() else { return text }
    return text[..<end] + "<redacted>"
  }

  private static func end(of marker: String, in text: String) -> String.Index? {
    let text = text.utf8
    let marker = marker.utf8
    var start = text.startIndex
    while let candidate = text[start...].firstIndex(of: marker[marker.startIndex]) {
      if text[candidate...].starts(with: marker) { return text.index(candidate, offsetBy: marker.count) }
      start = text.index(after: candidate)
    }
    return nil
  }
}
