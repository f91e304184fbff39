/// The content of a string or bytes field that is being encoded.
enum Content {
  case string(String)
  case bytes([UInt8])
  indirect case collection(any Collection<UInt8>)

  /// The fields that a message has beside those of its struct, without their first tag.
  case fields([UInt8], tagByteCount: Int)

  /// Calls a function with the content where it lies.
  func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
    switch self {
    case .string(let string):
      string.utf8.span.bytes.withUnsafeBytes(body)
    case .bytes(let bytes):
      bytes.withUnsafeBytes(body)
    case .collection(let bytes):
      if bytes.withContiguousStorageIfAvailable({ body(UnsafeRawBufferPointer($0)) }) == nil {
        Array(bytes).withUnsafeBytes(body)
      }
    case .fields(let bytes, let tagByteCount):
      bytes.withUnsafeBytes { body(UnsafeRawBufferPointer(rebasing: $0.dropFirst(tagByteCount))) }
    }
  }
}
