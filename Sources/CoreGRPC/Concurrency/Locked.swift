import Synchronization

/// A value behind a `Mutex`, with hand-overs that ThreadSanitizer can see.
///
/// The standard library is not instrumented, so a `Mutex` that had to wait looks to ThreadSanitizer like no lock at all.
/// The atomic says again, in instrumented code, what the lock has said already; it costs two plain moves.
package struct Locked<Value>: ~Copyable {
  private let mutex: Mutex<Value>
  private let isReleased = Atomic(true)

  /// Puts a value behind a lock of its own.
  package init(_ value: consuming sending Value) { mutex = Mutex(value) }

  /// Calls `body` with the value, while no other thread can.
  package borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try mutex.withLock { (value) throws(Failure) -> sending Result in
      _ = isReleased.load(ordering: .acquiring)
      defer { isReleased.store(true, ordering: .releasing) }
      return try body(&value)
    }
  }

  /// Calls `body` with the value, unless another caller has it: also one further up on this thread.
  ///
  /// - Returns: `nil` if somebody has it.
  package borrowing func withLockIfAvailable<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result? {
    try mutex.withLockIfAvailable { (value) throws(Failure) -> sending Result in
      _ = isReleased.load(ordering: .acquiring)
      defer { isReleased.store(true, ordering: .releasing) }
      return try body(&value)
    }
  }
}

extension Locked: Sendable {}
