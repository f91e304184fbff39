import Glibc

/// A value behind a lock that many threads take in quick succession, such as one that every call of a server takes.
///
/// The standard library's `Mutex` is a priority-inheritance futex: the kernel hands it from the thread that unlocks it
/// to the first thread that sleeps, and no other thread can take it until that one runs. While threads come faster than
/// sleepers wake up, each of them sleeps. With 200 handlers that block for 20 ms, this took a third of a server's
/// processor time. This lock goes to the thread that comes first. It takes two allocations: ``Locked`` is for values
/// with few threads.
@safe final class ContendedLock<Value>: @unchecked Sendable {
  // Safe and unchecked, because `mutex` is made for threads, and only the thread that has locked it uses `value`. Both
  // live as long as this object, which alone has their addresses.

  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let value: UnsafeMutablePointer<Value>

  /// Creates a value with a lock of its own.
  init(_ value: consuming sending Value) {
    unsafe self.mutex = .allocate(capacity: 1)
    unsafe self.value = .allocate(capacity: 1)
    unsafe self.value.initialize(to: value)
    var attributes = pthread_mutexattr_t()
    unsafe pthread_mutexattr_init(&attributes)
    // Spins for a moment before it sleeps: most threads hold the lock for less time than a wake-up takes.
    unsafe pthread_mutexattr_settype(&attributes, CInt(PTHREAD_MUTEX_ADAPTIVE_NP))
    let failure = unsafe pthread_mutex_init(mutex, &attributes)
    precondition(failure == 0, "a mutex can always be made")
    unsafe pthread_mutexattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_mutex_destroy(mutex)
    unsafe mutex.deallocate()
    unsafe value.deinitialize(count: 1)
    unsafe value.deallocate()
  }

  /// Calls `body` with the value, while no other thread can.
  func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return try unsafe body(&value.pointee)
  }
}
