import CGRPC
import Glibc

/// The processors that this process may use.
enum Processors {
  /// The number of processors: those of the machine that the process may run on, within the time of its control groups.
  static let count = max(1, min(allowed, ControlGroups.processorLimit ?? Int.max))

  private static var allowed: Int {
    // Room for 8,192 processors.
    unsafe withUnsafeTemporaryAllocation(byteCount: 1024, alignment: MemoryLayout<UInt>.alignment) { set in
      let byteCount = unsafe cgrpc_processor_set(set.baseAddress, set.count)
      guard byteCount > 0 else { return sysconf(Int32(_SC_NPROCESSORS_ONLN)) }
      return unsafe set.prefix(byteCount).reduce(0) { $0 + $1.nonzeroBitCount }
    }
  }
}

/// The clock that does not follow changes of the wall clock.
enum MonotonicTime {
  /// The time now, in nanoseconds.
  static var nanoseconds: UInt64 {
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) * 1_000_000_000 + UInt64(now.tv_nsec)
  }
}
