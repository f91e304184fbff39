/// Random numbers that are the same in each run: a 64-bit linear congruential generator, its upper half used.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) {
    state = seed
  }

  mutating func next() -> UInt64 {
    UInt64(nextHalf()) << 32 | UInt64(nextHalf())
  }

  private mutating func nextHalf() -> UInt32 {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return UInt32(truncatingIfNeeded: state >> 32)
  }
}
