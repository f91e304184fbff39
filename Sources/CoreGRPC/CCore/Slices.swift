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
  var text: String { withBytes { String(decoding: $0, as: UTF8.self) } }
}
