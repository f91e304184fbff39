import CGRPC
import Glibc

/// A semaphore, for which one thread waits and which others signal.
@safe final class Semaphore: @unchecked Sendable {
  // Unchecked, because of the pointer: `sem_t` is made for threads, and lives as long as this object.

  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() {
    let failure = unsafe sem_init(semaphore, 0, 0)
    precondition(failure == 0, "a semaphore with the value 0 can always be made")
  }

  deinit {
    unsafe sem_destroy(semaphore)
    unsafe semaphore.deallocate()
  }

  func signal() { unsafe sem_post(semaphore) }

  func wait() {
    while unsafe sem_wait(semaphore) != 0, errno == EINTR {}
  }

  /// Waits for a signal, but no longer than the duration.
  ///
  /// - Returns: Whether there was a signal.
  @discardableResult
  func wait(atMost duration: Duration) -> Bool {
    var time = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &time)
    let (seconds, attoseconds) = duration.components
    let nanoseconds = time.tv_nsec + Int(attoseconds / 1_000_000_000)
    time.tv_sec += Int(seconds) + nanoseconds / 1_000_000_000
    time.tv_nsec = nanoseconds % 1_000_000_000
    while unsafe sem_clockwait(semaphore, CLOCK_MONOTONIC, &time) != 0 {
      if errno != EINTR { return false }
    }
    return true
  }
}
