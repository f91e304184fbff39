internal import Testing

@testable internal import ProtobufC

/// The work of passing over groups, in bytes that are read.
@Suite struct GroupEndsTests {
  private func group(_ field: UInt64, _ content: [UInt8]) -> [UInt8] {
    Wire.tag(field, wireType: 3) + content + Wire.tag(field, wireType: 4)
  }

  /// How many bytes are read to pass over the groups of a `Node`.
  private func skippedByteCount(_ bytes: [UInt8]) throws -> Int {
    try bytes.withUnsafeBytes { bytes in
      try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 16) { scratch in
        var arena = Arena(scratch: scratch, budget: .max, heap: .system)
        let count = try OutlineWriter.outline(
          of: ByteSource(bytes),
          as: Node.Layout.schema.descriptor,
          limits: DecodingLimits(maxStackBytes: 4 << 20),
          in: &arena
        ).skippedByteCount
        extendLifetime(arena)
        return count
      }
    }
  }

  /// Small fields in as many groups, each within the next.
  private func nested(field: UInt64, levels: Int, byteCount: Int) -> [UInt8] {
    var bytes = Array([UInt8](repeating: 0, count: byteCount / 3).map { _ in Wire.tag(99, wireType: 0) + [1] }.joined())
    for _ in 0..<levels { bytes = group(field, bytes) }
    return bytes
  }

  @Test("The bytes within nested groups are read once, however deep", arguments: [1, 10, 49, 90])
  func nestedGroups(levels: Int) throws {
    let bytes = nested(field: 2, levels: levels, byteCount: 9_000)
    #expect(try skippedByteCount(bytes) <= bytes.count)
    // Groups that each level has beside its sub-message: one that a scan passes over, and one that is unknown.
    var siblings: [UInt8] = []
    for _ in 0..<levels {
      let unknown = nested(field: 98, levels: 3, byteCount: 300)
      siblings = group(2, group(97, unknown) + siblings + unknown)
    }
    #expect(try skippedByteCount(siblings) <= 3 * siblings.count)
  }

  @Test("Groups with hardly any bytes are read a bounded number of times")
  func smallGroups() throws {
    let bytes = nested(field: 2, levels: 90, byteCount: 30)
    #expect(try skippedByteCount(bytes) <= 16 * bytes.count)
    let many = Array(repeatElement(Wire.bytes(3, bytes), count: 20).joined())
    #expect(try skippedByteCount(many) <= 16 * many.count)
  }

  @Test("Nested groups are the sub-messages that they are", arguments: [1, 7, 1_000, 100_000])
  func sameMessage(inPiecesOf size: Int) throws {
    var asGroups: [UInt8] = []
    var asMessages: [UInt8] = []
    for level in 0..<40 {
      let fields = Wire.string(1, String(repeating: "x", count: level * 7))
      let child = Wire.bytes(3, Wire.string(1, "child \(level)"))
      // Each third level has its sub-message in two parts.
      let part = Wire.string(1, "later")
      asGroups = fields + child + group(2, asGroups) + (level.isMultiple(of: 3) ? group(2, part) : [])
      asMessages = fields + child + Wire.bytes(2, asMessages) + (level.isMultiple(of: 3) ? Wire.bytes(2, part) : [])
    }
    let limits = DecodingLimits(maxStackBytes: 4 << 20)
    let expected = try Node(serializedBytes: asMessages, limits: limits)
    #expect(try Node(serializedBytes: asGroups, limits: limits) == expected)
    let pieces = stride(from: 0, to: asGroups.count, by: size).map { asGroups[$0..<min($0 + size, asGroups.count)] }
    let decoded = try asGroups.withUnsafeBytes { bytes in
      // Neighbouring parts of one memory will do for pieces.
      let parts = pieces.map { UnsafeRawBufferPointer(rebasing: bytes[$0.indices]) }
      return try parts.withUnsafeBufferPointer { parts in
        try Node.Layout.decode(SerializedBytes(unsafePieces: parts), limits: limits)
      }
    }
    #expect(decoded == expected)
  }
}
