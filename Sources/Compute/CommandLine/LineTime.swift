import Glibc

/// The time of a line of a log.
enum LineTime {
  /// The current time in UTC, as in `2026-11-30T19:00:00.123Z`.
  static var now: String {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return text(of: time)
  }

  /// Returns a time in UTC, to the millisecond.
  static func text(of time: timespec) -> String {
    var seconds = time.tv_sec
    var parts = tm()
    gmtime_r(&seconds, &parts)
    func digits(_ number: some BinaryInteger, _ count: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, count - text.utf8.count)) + text
    }
    let date = [digits(parts.tm_year + 1900, 4), digits(parts.tm_mon + 1, 2), digits(parts.tm_mday, 2)]
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { digits($0, 2) }
    let milliseconds = digits(time.tv_nsec / 1_000_000, 3)
    return "\(date.joined(separator: "-"))T\(clock.joined(separator: ":")).\(milliseconds)Z"
  }
}
