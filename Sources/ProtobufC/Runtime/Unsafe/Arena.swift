/// Memory for the structs of one message, all of which is freed together.
///
/// Allocation moves a pointer through a chunk: first through memory that the creator lends, which is on the stack and
/// makes most messages free of heap allocations, then through ever larger chunks of a ``Heap``.
struct Arena: ~Copyable {
  /// The alignment of every allocation: that of the widest members of protobuf-c's structs.
  private static var alignment: Int { 8 }

  /// Before each block its size, so that `free` knows it.
  private static var headerByteCount: Int { 8 }

  /// At the start of each chunk the address of the chunk before it.
  private static var linkByteCount: Int { 8 }

  private static var largestGrowth: Int { 1 << 20 }

  private let heap: Heap
  private var budget: Int
  private var position: UnsafeMutableRawPointer?
  private var roomLeft: Int
  private var newestChunk: UnsafeMutableRawPointer?
  private var nextChunkByteCount = 4096
  private var recycledBlocks = RecycledBlocks()

  /// Refuses every allocation when the stack is used up.
  ///
  /// protobuf-c allocates at each level of its recursion, and no other function of it can be made to stop.
  var stackGuard = StackGuard.none

  /// The reason that allocations were refused, if any were.
  private(set) var refusal: DecodingFailure?

  /// Creates an arena.
  ///
  /// - Parameters:
  ///   - scratch: Memory that outlives the arena and is used by nothing else, aligned to 8.
  ///   - budget: The number of bytes that may be allocated, headers included.
  ///   - heap: The source of memory once `scratch` is used up.
  init(scratch: UnsafeMutableRawBufferPointer, budget: Int, heap: Heap) {
    self.heap = heap
    self.budget = budget
    position = scratch.baseAddress
    roomLeft = scratch.count
  }

  deinit {
    var chunk = newestChunk
    while let current = chunk {
      // `grow` stored the link at the start of the chunk.
      chunk = current.load(as: UnsafeMutableRawPointer?.self)
      heap.deallocate(current)
    }
  }

  /// Allocates a block, uninitialized and aligned to 8, or returns nil.
  mutating func allocate(byteCount: Int) -> UnsafeMutableRawPointer? {
    // Nearly always the block is small, and there is room for it. A negative size is a large one here.
    if UInt(bitPattern: byteCount) < UInt(bitPattern: RecycledBlocks.smallestByteCount), !stackGuard.isWatching {
      let needed = (byteCount &+ (Self.headerByteCount + Self.alignment - 1)) & ~(Self.alignment - 1)
      if needed <= roomLeft, needed <= budget, let block = position {
        // In bounds: there are at least `needed` bytes from `position` to the end of its chunk.
        position = block + needed
        roomLeft &-= needed
        budget &-= needed
        block.storeBytes(of: byteCount, as: Int.self)
        return block + Self.headerByteCount
      }
    }
    return allocateSlowly(byteCount: byteCount)
  }

  @inline(never)
  private mutating func allocateSlowly(byteCount: Int) -> UnsafeMutableRawPointer? {
    guard !stackGuard.isExhausted() else {
      refusal = .outOfStack
      return nil
    }
    if let block = recycledBlocks.take(byteCount: byteCount) {
      return block
    }
    // The first comparison also keeps the sum from overflowing.
    guard byteCount >= 0, byteCount <= budget, let block = carve(blockByteCount(byteCount)) else {
      refusal = .outOfMemory
      return nil
    }
    block.storeBytes(of: byteCount, as: Int.self)
    return block + Self.headerByteCount
  }

  /// Takes back a block, to be used again if blocks of its size tend to come again.
  mutating func deallocate(_ block: UnsafeMutableRawPointer) {
    // Every block has the header that `allocate` wrote.
    let byteCount = (block - Self.headerByteCount).load(as: Int.self)
    recycledBlocks.give(block, byteCount: byteCount)
  }

  /// Takes from the budget the bytes of memory that something else holds for the message.
  mutating func charge(byteCount: Int) throws(DecodingFailure) {
    guard byteCount <= budget else { throw .outOfMemory }
    budget -= byteCount
  }

  private func blockByteCount(_ byteCount: Int) -> Int {
    let (sum, overflow) = byteCount.addingReportingOverflow(Self.headerByteCount + Self.alignment - 1)
    return overflow ? .max : sum & ~(Self.alignment - 1)
  }

  private mutating func carve(_ byteCount: Int) -> UnsafeMutableRawPointer? {
    guard byteCount <= budget, byteCount <= roomLeft || grow(by: byteCount), let block = position else { return nil }
    // In bounds: there are at least `byteCount` bytes from `position` to the end of its chunk.
    position = block + byteCount
    roomLeft -= byteCount
    budget -= byteCount
    return block
  }

  private mutating func grow(by byteCount: Int) -> Bool {
    let (needed, overflow) = byteCount.addingReportingOverflow(Self.linkByteCount)
    let chunkByteCount = max(needed, nextChunkByteCount)
    guard !overflow, let chunk = heap.allocate(chunkByteCount) else { return false }
    chunk.storeBytes(of: newestChunk, as: UnsafeMutableRawPointer?.self)
    newestChunk = chunk
    position = chunk + Self.linkByteCount
    roomLeft = chunkByteCount - Self.linkByteCount
    nextChunkByteCount = min(2 * nextChunkByteCount, Self.largestGrowth)
    return true
  }
}
