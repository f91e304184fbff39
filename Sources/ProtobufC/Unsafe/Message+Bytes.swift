extension Message {
  /// Encodes this message.
  ///
  /// - Returns: the message on the wire.
  public func serializedBytes() -> [UInt8] {
    serialize { byteCount, fill in
      [UInt8](unsafeUninitializedCapacity: byteCount) { buffer, initializedCount in
        // The span is over the array's own memory and ends before it: `finalize` says how much of it was written.
        let bytes = UnsafeMutableRawBufferPointer(buffer)
        var output = OutputRawSpan(buffer: bytes, initializedCount: 0)
        fill(&output)
        initializedCount = output.finalize(for: bytes)
      }
    }
  }
}
