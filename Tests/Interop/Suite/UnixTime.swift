import Glibc

/// The time of day.
enum UnixTime {
  /// Nanoseconds since 1970.
  static var nanoseconds: Int {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
