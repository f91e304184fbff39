import Glibc

/// The processor time of the current thread.
package enum ThreadTime {
  /// The time for which the thread has used a processor, in nanoseconds.
  package static var nanoseconds: UInt64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
