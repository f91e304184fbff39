/// Splits bytes into pieces, at places that the bytes themselves decide: a failure repeats with the same bytes.
struct Splitting {
  private var state: UInt64 = 0xCBF2_9CE4_8422_2325

  init(of bytes: [UInt8]) {
    for byte in bytes {
      state = (state ^ UInt64(byte)) &* 0x0000_0100_0000_01B3
    }
  }

  /// Calls a function with the pieces, each in memory of its own, which AddressSanitizer guards.
  mutating func withPieces<Result>(
    of bytes: [UInt8],
    _ body: (UnsafeBufferPointer<UnsafeRawBufferPointer>) -> Result
  ) -> Result {
    var pieces: [UnsafeRawBufferPointer] = []
    var rest = bytes[...]
    // Long messages in longer pieces, so that there are never many.
    let largest = UInt64(max(4, bytes.count / 8))
    while !rest.isEmpty {
      let piece = rest.prefix(Int(next() % largest))
      rest = rest.dropFirst(piece.count)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: piece.count, alignment: 1)
      memory.copyBytes(from: piece)
      pieces.append(UnsafeRawBufferPointer(memory))
    }
    defer {
      for piece in pieces { piece.deallocate() }
    }
    return pieces.withUnsafeBufferPointer(body)
  }

  /// SplitMix64.
  private mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }
}
