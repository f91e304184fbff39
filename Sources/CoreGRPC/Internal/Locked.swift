import Synchronization

/// A value with a `Mutex`, and with hand-overs that ThreadSanitizer can see.
///
/// The standard library is not instrumented, so ThreadSanitizer does not see a `Mutex` that had to wait. The atomic
/// repeats the lock's hand-over in instrumented code; it costs two plain moves.
package struct Locked<Value>: ~Copyable {
  private let mutex: Mutex<Value>
  private let isReleased = Atomic(true)

  /// Creates a value with a lock of its own.
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

  /// Calls `body` with the value, unless another caller has it, even one further up on this thread.
  ///
  /// - Returns: The result of `body`; `nil` if another caller has the value.
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
