/// Freed blocks, by size.
///
/// protobuf-c notes where a message's fields are in tables of 1 KiB, 2 KiB and so on, and frees them when the message
/// is done. Without reuse, each of many small sub-messages would leave its tables behind, and a message of a few MiB
/// could use up a budget of many times its size. Nothing else is worth keeping.
struct RecycledBlocks {
  /// The size of the smallest block that is kept.
  static var smallestByteCount: Int { 1024 }

  /// The first block of each size; a block's first word is the address of the next.
  private var first = InlineArray<12, UnsafeMutableRawPointer?>(repeating: nil)

  /// Returns a freed block of exactly this size.
  mutating func take(byteCount: Int) -> UnsafeMutableRawPointer? {
    guard let index = index(of: byteCount), let block = first[index] else { return nil }
    // `give` stored the link there, and nothing has used the block since.
    first[index] = block.load(as: UnsafeMutableRawPointer?.self)
    return block
  }

  /// Keeps a freed block if its size is one of the tables'.
  mutating func give(_ block: UnsafeMutableRawPointer, byteCount: Int) {
    guard let index = index(of: byteCount) else { return }
    // The block is at least `smallestByteCount` long and its owner has released it.
    block.storeBytes(of: first[index], as: UnsafeMutableRawPointer?.self)
    first[index] = block
  }

  @inline(__always)
  private func index(of byteCount: Int) -> Int? {
    guard byteCount >= Self.smallestByteCount, byteCount & (byteCount - 1) == 0 else { return nil }
    let index = byteCount.trailingZeroBitCount - Self.smallestByteCount.trailingZeroBitCount
    return index < first.count ? index : nil
  }
}
