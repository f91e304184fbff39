/// Tells whether a recursion has taken more of the stack than it may.
///
/// A depth limit alone does not keep a recursion from overflowing its stack: how much a level takes depends on the
/// message and on the build.
@usableFromInline
package struct StackGuard {
  /// The lowest address where the stack may end, or 0 if there is nothing to guard.
  private let lowestAddress: UInt

  private let probeByteCount: Int

  /// A guard that never finds anything.
  static var none: StackGuard { StackGuard(lowestAddress: 0, probeByteCount: 0) }

  /// A guard of the stack from here on, for this thread only.
  package static func fromHere(allowing byteCount: Int) -> StackGuard {
    let probeByteCount = min(max(byteCount, 1), 16)
    let here = address(probeByteCount: probeByteCount)
    // The stack grows towards lower addresses on all platforms that Swift supports.
    return StackGuard(lowestAddress: here - min(UInt(max(byteCount, 0)), here), probeByteCount: probeByteCount)
  }

  /// Whether there is anything to guard.
  var isWatching: Bool { lowestAddress != 0 }

  /// Whether the stack has grown by more than is allowed.
  @usableFromInline
  package func isExhausted() -> Bool {
    isWatching && Self.address(probeByteCount: probeByteCount) < lowestAddress
  }

  /// About where the stack ends.
  ///
  /// The number of bytes is not a constant, so that AddressSanitizer leaves the allocation on the real stack; it moves
  /// locals of constant size elsewhere.
  @inline(never)
  private static func address(probeByteCount: Int) -> UInt {
    // Only the address is used, as a number.
    withUnsafeTemporaryAllocation(byteCount: probeByteCount, alignment: 1) { UInt(bitPattern: $0.baseAddress) }
  }
}
