import CGRPC

extension grpc_slice {
  /// Creates a slice with a copy of the UTF-8 of `text`.
  ///
  /// Balance it with one `grpc_slice_unref`.
  init(copying text: String) {
    guard !text.isEmpty else {
      unsafe self = grpc_empty_slice()
      return
    }
    var text = text
    unsafe self = text.withUTF8 { bytes in unsafe grpc_slice_from_copied_buffer(bytes.baseAddress, bytes.count) }
  }

  /// Creates a slice with a copy of `bytes`.
  ///
  /// Balance it with one `grpc_slice_unref`.
  init(copying bytes: [UInt8]) {
    unsafe self = bytes.withUnsafeBufferPointer { bytes in
      unsafe grpc_slice_from_copied_buffer(bytes.baseAddress, bytes.count)
    }
  }

  /// Calls `body` with the slice's bytes, which are valid during the call.
  func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
    // The bytes of a short slice lie inside of the struct, so the pointer must not outlive this access to it.
    unsafe withUnsafePointer(to: self) { slice in
      unsafe body(UnsafeBufferPointer(start: cgrpc_slice_bytes(slice), count: cgrpc_slice_length(slice)))
    }
  }

  /// The slice's bytes as text; bytes that are not UTF-8 become U+FFFD.
  var text: String { unsafe text(maximumByteCount: .max) }

  /// Returns the slice's bytes as text, cut between two characters if there are more bytes; bytes that are not UTF-8
  /// become U+FFFD.
  func text(maximumByteCount: Int) -> String {
    unsafe withBytes { bytes in
      guard bytes.count > maximumByteCount else { return unsafe String(decoding: bytes, as: UTF8.self) }
      var end = max(0, maximumByteCount)
      while end > 0, unsafe UTF8.isContinuation(bytes[end]) { end -= 1 }
      return unsafe String(decoding: bytes[..<end], as: UTF8.self)
    }
  }
}
