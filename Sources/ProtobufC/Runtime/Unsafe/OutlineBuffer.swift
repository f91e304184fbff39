/// Memory of an ``Arena`` that an outline is written to, and that grows.
struct OutlineBuffer {
  /// A length prefix has this size whatever the length, so that it can be written when the length is known.
  private static var lengthByteCount: Int { 5 }

  private var memory = UnsafeMutableRawBufferPointer(start: nil, count: 0)
  private(set) var count = 0

  /// The output so far.
  var bytes: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: memory[..<count])
  }

  /// Appends bytes of a message.
  mutating func append(
    byteCount: Int,
    from place: WireReader.Place,
    in source: ByteSource,
    _ arena: inout Arena
  ) throws(DecodingFailure) {
    guard byteCount > 0 else { return }
    try reserve(byteCount, &arena)
    let first = source.piece(place.piece)
    if byteCount <= first.count - place.offsetInPiece, let start = first.baseAddress, let end = memory.baseAddress {
      // In bounds: the bytes are in one piece, and `reserve` made room for them.
      (end + count).copyMemory(from: start + place.offsetInPiece, byteCount: byteCount)
      count += byteCount
      return
    }
    var index = place.piece
    var offset = place.offsetInPiece
    var rest = byteCount
    while rest > 0 {
      // The reader has passed over these bytes, so that there are pieces enough.
      let piece = source.piece(index)
      let taken = min(rest, piece.count - offset)
      // In bounds: `reserve` made room for `byteCount` bytes, of which `rest` are missing.
      UnsafeMutableRawBufferPointer(rebasing: memory[count...])
        .copyMemory(from: UnsafeRawBufferPointer(rebasing: piece[offset..<(offset + taken)]))
      count += taken
      rest -= taken
      index += 1
      offset = 0
    }
  }

  /// Appends a length-prefixed field's tag.
  mutating func append(tagOf number: UInt32, _ arena: inout Arena) throws(DecodingFailure) {
    try reserve(Self.lengthByteCount, &arena)
    WireTag(number: number, wireType: .lengthPrefixed).forEachByte { byte in
      memory[count] = byte
      count += 1
    }
  }

  /// Appends a length prefix and a reference as the content.
  ///
  /// - Returns: The position of the reference, for ``replace(at:by:)``.
  mutating func append(_ reference: ContentReference, _ arena: inout Arena) throws(DecodingFailure) -> Int {
    try reserve(1 + ContentReference.byteCount, &arena)
    memory[count] = UInt8(ContentReference.byteCount)
    let position = count + 1
    count += 1 + ContentReference.byteCount
    replace(at: position, by: reference)
    return position
  }

  /// Overwrites a reference.
  mutating func replace(at position: Int, by reference: ContentReference) {
    memory.storeBytes(of: reference, toByteOffset: position, as: ContentReference.self)
  }

  /// Appends room for the length of what will be appended until the matching ``close(_:)``.
  ///
  /// - Returns: The value to pass to `close`.
  mutating func open(_ arena: inout Arena) throws(DecodingFailure) -> Int {
    try reserve(Self.lengthByteCount, &arena)
    count += Self.lengthByteCount
    return count
  }

  /// Writes the length of what was appended since the matching ``open(_:)``.
  mutating func close(_ start: Int) throws(DecodingFailure) {
    guard var rest = UInt32(exactly: count - start), rest <= Int32.max else { throw .outOfMemory }
    for position in (start - Self.lengthByteCount)..<(start - 1) {
      memory[position] = UInt8(rest & 0x7F) | 0x80
      rest >>= 7
    }
    memory[start - 1] = UInt8(rest)
  }

  @inline(__always)
  private mutating func reserve(_ byteCount: Int, _ arena: inout Arena) throws(DecodingFailure) {
    guard byteCount > memory.count - count else { return }
    try grow(by: byteCount, &arena)
  }

  private mutating func grow(by byteCount: Int, _ arena: inout Arena) throws(DecodingFailure) {
    // Doubled, so that all copying together is of the order of the outline. Each byte comes from the message or from
    // the few that a field adds, so that the sum does not overflow.
    let capacity = max(128, 2 * memory.count, (count + byteCount).roundedUpToPowerOfTwo)
    guard let grown = arena.allocate(byteCount: capacity) else { throw .outOfMemory }
    let larger = UnsafeMutableRawBufferPointer(start: grown, count: capacity)
    larger.copyMemory(from: bytes)
    if let outgrown = memory.baseAddress { arena.deallocate(outgrown) }
    memory = larger
  }
}

extension Int {
  /// The smallest power of two that is not less than this positive number.
  fileprivate var roundedUpToPowerOfTwo: Int {
    self <= 1 ? 1 : 1 << (Int.bitWidth - (self - 1).leadingZeroBitCount)
  }
}
