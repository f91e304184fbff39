internal import Testing

@testable internal import ProtobufC

@Suite struct ArenaTests {
  @Test func blocksAreAlignedAndDoNotOverlap() throws {
    var generator = SeededGenerator(seed: 1)
    let heap = CountingHeap()
    try withUnsafeTemporaryAllocation(byteCount: 256, alignment: 16) { scratch in
      var arena = Arena(scratch: scratch, budget: .max, heap: heap.heap)
      var blocks: [Range<UInt>] = []
      for _ in 0..<2_000 {
        let byteCount = Int.random(in: 0...3_000, using: &generator)
        let allocated = arena.allocate(byteCount: byteCount)
        let block = try #require(allocated)
        block.initializeMemory(as: UInt8.self, repeating: 0xAA, count: byteCount)
        let address = UInt(bitPattern: block)
        #expect(address.isMultiple(of: 8))
        blocks.append(address..<(address + UInt(byteCount)))
      }
      blocks.removeAll { $0.isEmpty }
      blocks.sort { $0.lowerBound < $1.lowerBound }
      for (block, next) in zip(blocks, blocks.dropFirst()) {
        #expect(block.upperBound <= next.lowerBound)
      }
      #expect(!heap.liveChunks.isEmpty)
      extendLifetime(arena)
    }
    #expect(heap.liveChunks.isEmpty)
  }

  @Test func onlyTablesAreReused() throws {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { scratch in
      var arena = Arena(scratch: scratch, budget: .max, heap: .system)
      func allocate(_ byteCount: Int) -> UnsafeMutableRawPointer? { arena.allocate(byteCount: byteCount) }
      guard let table = allocate(2048), let other = allocate(2040) else {
        Issue.record("no memory")
        return
      }
      arena.deallocate(table)
      arena.deallocate(other)
      #expect(allocate(2040) != other)
      #expect(allocate(1024) != table)
      #expect(allocate(2048) == table)
      #expect(allocate(2048) != table)
    }
  }

  @Test(arguments: [-1, .min, .max, .max - 7, .max - 16, 65])
  func sizeThatIsNotThereIsRefused(_ byteCount: Int) {
    withUnsafeTemporaryAllocation(byteCount: 64, alignment: 16) { scratch in
      var arena = Arena(scratch: scratch, budget: .max, heap: Heap(allocate: { _ in nil }, deallocate: { _ in }))
      let tooMuch = arena.allocate(byteCount: byteCount)
      #expect(tooMuch == nil)
      let refusal = arena.refusal
      #expect(refusal == .outOfMemory)
      let everything = arena.allocate(byteCount: 56)
      #expect(everything != nil)
    }
  }
}
