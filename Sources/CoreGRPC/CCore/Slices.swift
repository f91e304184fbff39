import CGRPC

extension grpc_slice {
  /// A slice with a copy of the UTF-8 of `text`.
  ///
  /// Balance it with one `grpc_slice_unref`.
  init(copying text: String) {
    guard !text.isEmpty else {
      self = grpc_empty_slice()
      return
    }
    var text = text
    self = text.withUTF8 { bytes in grpc_slice_from_copied_buffer(bytes.baseAddress, bytes.count) }
  }

  /// A slice with a copy of `bytes`.
  ///
  /// Balance it with one `grpc_slice_unref`.
  init(copying bytes: [UInt8]) {
    self = bytes.withUnsafeBufferPointer { bytes in grpc_slice_from_copied_buffer(bytes.baseAddress, bytes.count) }
  }

  /// Calls `body` with the slice's bytes, which are valid during the call.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    // The bytes of a short slice lie inside of the struct, so the pointer must not outlive this access to it.
    withUnsafePointer(to: self) { slice in
      body(UnsafeBufferPointer(start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice)))
    }
  }

  /// The slice's bytes as text; what is not UTF-8 becomes U+FFFD.
  var text: String { text(maximumByteCount: .max) }

  /// The slice's bytes as text, cut between two characters where there are more bytes; what is not UTF-8 becomes U+FFFD.
  func text(maximumByteCount: Int) -> String {
    withBytes { bytes in
      guard bytes.count > maximumByteCount else { return String(decoding: bytes, as: UTF8.self) }
      var end = max(0, maximumByteCount)
      while end > 0, UTF8.isContinuation(bytes[end]) { end -= 1 }
      return String(decoding: bytes[..<end], as: UTF8.self)
    }
  }
}
