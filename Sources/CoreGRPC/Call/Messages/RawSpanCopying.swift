extension [UInt8] {
  /// Creates a copy of the bytes of `span`.
  init(copying span: RawSpan) {
    self = unsafe span.withUnsafeBytes { unsafe Array($0) }
  }
}

extension OutputRawSpan {
  /// Appends a copy of `bytes`, which must fit.
  @_lifetime(self: copy self)
  mutating func append(contentsOf bytes: RawSpan) {
    precondition(bytes.byteCount <= freeCapacity, "more bytes than the buffer has room for")
    unsafe withUnsafeMutableBytes { memory, initializedCount in
      unsafe bytes.withUnsafeBytes { bytes in
        // The rest of the memory is uninitialized and large enough, as checked above.
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[initializedCount...]).copyMemory(from: bytes)
      }
      initializedCount += bytes.byteCount
    }
  }
}
