extension MessageLayout {
  /// Encodes a message into an array.
  static func encodedBytes(of value: Value) -> [UInt8] {
    encode(value) { byteCount, fill in [UInt8](byteCount: byteCount, fill: fill) }
  }
}

extension [UInt8] {
  /// Makes an array of a known size and lets a function write it, unless that is nothing.
  @usableFromInline
  init(byteCount: Int, fill: (inout OutputRawSpan) -> Void) {
    // The initializer would write a count of 0 to the storage that all empty arrays of all threads share.
    guard byteCount > 0 else {
      self = []
      return
    }
    self.init(unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
      // The span is over the array's own memory and ends before it: `finalize` says how much of it was written.
      let bytes = UnsafeMutableRawBufferPointer(buffer)
      var output = OutputRawSpan(buffer: bytes, initializedCount: 0)
      fill(&output)
      initializedCount = output.finalize(for: bytes)
    }
  }
}
