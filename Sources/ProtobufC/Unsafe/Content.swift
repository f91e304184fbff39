/// The content of a string or bytes field that is being encoded.
enum Content {
  case string(String)
  case bytes([UInt8])

  /// Calls a function with the content where it lies.
  func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
    switch self {
    case .string(let string): string.utf8.span.bytes.withUnsafeBytes(body)
    case .bytes(let bytes): bytes.withUnsafeBytes(body)
    }
  }
}
