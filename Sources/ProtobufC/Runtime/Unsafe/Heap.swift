#if canImport(Darwin)
  import Darwin
#elseif canImport(Musl)
  import Musl
#else
  import Glibc
#endif

/// The source of an ``Arena``'s chunks: the system, or a test that counts them and refuses some.
struct Heap {
  /// Returns memory aligned for anything, or nil.
  let allocate: (_ byteCount: Int) -> UnsafeMutableRawPointer?

  /// Takes back what `allocate` returned.
  let deallocate: (UnsafeMutableRawPointer) -> Void

  /// `malloc` rather than Swift's allocation, which ends the process when memory is short.
  static var system: Heap {
    Heap(allocate: { malloc($0) }, deallocate: { free($0) })
  }
}
