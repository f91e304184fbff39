@testable internal import ProtobufC

/// A heap that knows what is allocated, and can refuse.
final class CountingHeap {
  private(set) var liveChunks: Set<UnsafeMutableRawPointer> = []
  private(set) var totalByteCount = 0
  private(set) var allocationCount = 0

  /// The allocation to refuse, counted from 0.
  var refusedAllocation: Int?

  var heap: Heap {
    Heap(
      allocate: { [self] byteCount in
        defer { allocationCount += 1 }
        if allocationCount == refusedAllocation { return nil }
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 16)
        liveChunks.insert(chunk)
        totalByteCount += byteCount
        return chunk
      },
      deallocate: { [self] chunk in
        precondition(liveChunks.remove(chunk) != nil, "a chunk was freed that is not allocated")
        chunk.deallocate()
      }
    )
  }
}
