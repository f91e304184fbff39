internal import ProtobufC
internal import Testing

@Suite struct DepthTests {
  /// Decodes on a thread with 512 KiB of stack, which is what threads have on Darwin unless they ask for more.
  private func decode(
    _ bytes: [UInt8],
    limits: DecodingLimits = DecodingLimits()
  ) throws -> Result<Node, BinaryDecodingError> {
    try onThread(stackByteCount: 512 << 10) {
      Result { () throws(BinaryDecodingError) in try Node(serializedBytes: bytes, limits: limits) }
    }
  }

  private static let nestedMaps: [UInt8] = {
    var bytes: [UInt8] = []
    for _ in 0..<50 {
      bytes = Wire.bytes(4, Wire.bytes(2, bytes))
    }
    return bytes
  }()

  /// A message of 100 levels by each of the three ways there are: a sub-message, a repeated one, a map.
  private static let fullDepth = [Wire.nested(field: 2, levels: 100), Wire.nested(field: 3, levels: 100), nestedMaps]

  @Test(arguments: fullDepth)
  func depthAtTheLimitIsAccepted(_ bytes: [UInt8]) throws {
    // More stack than by default, because AddressSanitizer makes frames several times as large.
    let limits = DecodingLimits(maxStackBytes: 4 << 20)
    let written = try onThread(stackByteCount: 8 << 20) {
      try? Node(serializedBytes: bytes, limits: limits).serializedBytes()
    }
    #expect(written == bytes)
  }

  @Test(arguments: fullDepth)
  func depthAtTheLimitDoesNotOverflowASmallStack(_ bytes: [UInt8]) throws {
    if case .failure(let error) = try decode(bytes) {
      // Under AddressSanitizer.
      #expect(error.code == .tooDeep)
    }
  }

  @Test(arguments: [Wire.nested(field: 2, levels: 101), Wire.nested(field: 3, levels: 101), Wire.bytes(2, nestedMaps)])
  func oneLevelMoreIsRefused(_ bytes: [UInt8]) throws {
    // More stack than by default, because AddressSanitizer makes frames several times as large.
    let limits = DecodingLimits(maxStackBytes: 4 << 20)
    let error = #expect(throws: BinaryDecodingError.self) {
      try onThread(stackByteCount: 8 << 20) {
        Result { () throws(BinaryDecodingError) in try Node(serializedBytes: bytes, limits: limits) }
      }.get()
    }
    #expect(error?.code == .tooDeep)
    #expect(error?.message == "message test.Node nests sub-messages deeper than maxDepth (100)")
  }

  @Test func entryOfAMapIsALevel() throws {
    let bytes = Wire.bytes(4, Wire.bytes(2, Wire.string(1, "innermost")))
    let limits = { DecodingLimits(maxDepth: $0) }
    #expect(try decode(bytes, limits: limits(2)).get().named[""]?.label == "innermost")
    #expect(throws: BinaryDecodingError.self) { try decode(bytes, limits: limits(1)).get() }
  }

  @Test(arguments: [1_000, 100_000, 1_000_000])
  func deepNestingIsRefused(levels: Int) throws {
    let error = #expect(throws: BinaryDecodingError.self) { try decode(Wire.nested(field: 2, levels: levels)).get() }
    #expect(error?.code == .tooDeep)
  }

  @Test(arguments: [1_000, 2_000, 10_000, 1_000_000])
  func stackIsGuardedWhateverTheDepthAllowed(levels: Int) throws {
    let bytes = Wire.nested(field: 2, levels: levels)
    let error = #expect(throws: BinaryDecodingError.self) {
      try decode(bytes, limits: DecodingLimits(maxDepth: .max, maxMemoryBytes: 1 << 30)).get()
    }
    #expect(error?.code == .tooDeep)
    #expect(error?.message == "message test.Node nests sub-messages too deep for maxStackBytes")
  }

  @Test func moreStackAllowsMoreDepth() throws {
    let bytes = Wire.nested(field: 2, levels: 1_000)
    let limits = DecodingLimits(maxDepth: 1_000, maxStackBytes: 32 << 20)
    // The node is dropped on the same thread: that recurses too.
    let isAccepted = try onThread(stackByteCount: 64 << 20) {
      (try? Node(serializedBytes: bytes, limits: limits))?.serializedBytes() == bytes
    }
    #expect(isAccepted)
  }

  @Test func deepNestingInUnknownFieldsIsNoNesting() throws {
    _ = try decode(Wire.nested(field: 99, levels: 1_000)).get()
  }

  @Test func limitHoldsForSchemasThatAreNotRecursive() {
    let bytes = Wire.bytes(17, [])
    #expect(throws: Never.self) { try Everything(serializedBytes: bytes, limits: DecodingLimits(maxDepth: 1)) }
    let error = #expect(throws: BinaryDecodingError.self) {
      try Everything(serializedBytes: bytes, limits: DecodingLimits(maxDepth: 0))
    }
    #expect(error?.code == .tooDeep)
    #expect(throws: Never.self) { try Everything(serializedBytes: [], limits: DecodingLimits(maxDepth: 0)) }
  }
}
