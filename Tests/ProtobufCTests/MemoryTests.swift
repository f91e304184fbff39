internal import Testing

@testable internal import ProtobufC

@Suite struct MemoryTests {
  @Test func fourMebibytesOfEmptySubMessagesAreRefused() {
    // 2 097 152 times `children {}`, which is the two bytes 1A 00.
    let bytes = [UInt16](repeating: UInt16(littleEndian: 0x001A), count: 2 << 20)
    let heap = CountingHeap()
    let error = #expect(throws: BinaryDecodingError.self) {
      try Node.Layout.decode(SerializedBytes(bytes.span.bytes), limits: DecodingLimits(), heap: heap.heap)
    }
    #expect(error?.code == .tooLarge)
    #expect(heap.liveChunks.isEmpty)
    // What a chunk has left when it does not hold the next block is lost: a chunk is at most 1 MiB, or the block's
    // size.
    #expect(heap.totalByteCount < 2 * DecodingLimits().maxMemoryBytes)
  }

  @Test func limitIsOnAllAllocationsTogether() throws {
    // Some 700 KiB, none of it in a block of more than 128 KiB.
    let bytes = Wire.repeated(Wire.bytes(23, []), count: 4_000)
    let error = #expect(throws: BinaryDecodingError.self) {
      try Everything(serializedBytes: bytes, limits: DecodingLimits(maxMemoryBytes: 256 << 10))
    }
    #expect(error?.code == .tooLarge)
    #expect(
      try Everything(serializedBytes: bytes, limits: DecodingLimits(maxMemoryBytes: 1 << 20)).leaves.count == 4_000
    )
  }

  @Test func fourMebibytesOfShortStringsAreAccepted() throws {
    let name = Wire.string(21, "12345678")
    let count = (4 << 20) / name.count
    let bytes = Wire.repeated(name, count: count)
    #expect(try Everything(serializedBytes: bytes).names.count == count)
  }

  @Test func fourMebibytesOfSubMessagesWithManyFieldsAreAccepted() throws {
    // 17 fields are more than protobuf-c notes on the stack. Without reuse, its tables would take 100 MiB.
    let leaf = Wire.bytes(23, Wire.repeated([0x0A, 0], count: 17))
    let count = (4 << 20) / leaf.count
    let bytes = Wire.repeated(leaf, count: count)
    #expect(try Everything(serializedBytes: bytes).leaves.count == count)
  }

  @Test func smallMessageTakesNoHeap() throws {
    let heap = CountingHeap()
    let bytes = Wire.string(1, String(repeating: "x", count: 800))
    _ = try Leaf.Layout.decode(SerializedBytes(bytes.span.bytes), limits: DecodingLimits(), heap: heap.heap)
    #expect(heap.allocationCount == 0)
  }

  @Test func everyAllocationMayBeTheOneBeyondTheLimit() throws {
    let message = Everything.full
    let bytes = message.serializedBytes()
    let heap = CountingHeap()
    var refusalCount = 0
    // Every allocation is of a multiple of 8 bytes, so that these limits refuse each in turn.
    for maxMemoryBytes in stride(from: 0, through: 1 << 16, by: 8) {
      let limits = DecodingLimits(maxMemoryBytes: maxMemoryBytes)
      do throws(BinaryDecodingError) {
        let decoded = try Everything.Layout.decode(SerializedBytes(bytes.span.bytes), limits: limits, heap: heap.heap)
        #expect(decoded == message)
        #expect(heap.liveChunks.isEmpty)
        // The struct and a table of 1 KiB alone come to 200 times 8 bytes.
        #expect(refusalCount > 250)
        return
      } catch {
        refusalCount += 1
        #expect(error.code == .tooLarge)
        #expect(heap.liveChunks.isEmpty)
      }
    }
    Issue.record("64 KiB are not enough for a small message")
  }

  @Test func everyChunkMayBeTheOneThatTheSystemRefuses() throws {
    var message = Everything()
    message.names = (0..<20_000).map { "name \($0)" }
    message.leaf = Leaf(String(repeating: "long ", count: 10_000))
    let bytes = message.serializedBytes()
    for refused in 0..<100 {
      let heap = CountingHeap()
      heap.refusedAllocation = refused
      do throws(BinaryDecodingError) {
        let decoded = try Everything.Layout.decode(
          SerializedBytes(bytes.span.bytes),
          limits: DecodingLimits(),
          heap: heap.heap
        )
        #expect(decoded == message)
        #expect(heap.liveChunks.isEmpty)
        #expect(refused > 5)
        return
      } catch {
        #expect(error.code == .tooLarge)
        #expect(heap.liveChunks.isEmpty)
      }
    }
    Issue.record("the message takes more than 100 chunks")
  }

  @Test func limitsOfZeroAndLessRefuseEverything() {
    for maxMemoryBytes in [0, -1, .min] {
      let error = #expect(throws: BinaryDecodingError.self) {
        try Leaf(serializedBytes: [], limits: DecodingLimits(maxMemoryBytes: maxMemoryBytes))
      }
      #expect(error?.code == .tooLarge)
    }
  }
}
