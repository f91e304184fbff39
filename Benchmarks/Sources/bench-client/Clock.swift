import Glibc

/// The system's clocks, in nanoseconds, and what else it counts.
enum Clock {
  /// Time that passes.
  static var now: UInt64 { read(CLOCK_MONOTONIC) }

  /// Processor time of this process, all threads together.
  static var cpu: UInt64 { read(CLOCK_PROCESS_CPUTIME_ID) }

  /// The number of times that threads of this process have gone to sleep.
  static var contextSwitches: Int {
    var usage = rusage()
    getrusage(Int32(RUSAGE_SELF.rawValue), &usage)
    return usage.ru_nvcsw
  }

  /// Blocks the thread until a time.
  static func sleep(until time: UInt64) {
    let now = now
    if time > now { usleep(UInt32((time - now) / 1_000)) }
  }

  private static func read(_ clock: clockid_t) -> UInt64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
