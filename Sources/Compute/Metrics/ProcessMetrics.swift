import Glibc

/// The process's own metrics, by the names that Prometheus' client libraries give them.
public struct ProcessMetrics: Sendable {
  private let startTime: Double

  /// Creates the metrics of this process, which has just begun.
  public init() {
    startTime = Self.seconds(of: CLOCK_REALTIME)
  }

  /// The families, as a part of a page.
  public var page: String {
    var text = Self.family("process_start_time_seconds", "gauge", "The start, in seconds since 1970.", startTime)
    let time = Self.seconds(of: CLOCK_PROCESS_CPUTIME_ID)
    text += Self.family("process_cpu_seconds_total", "counter", "The processor time, of user and system.", time)
    if let pages = Self.residentPages {
      let bytes = Double(pages) * Double(sysconf(Int32(_SC_PAGESIZE)))
      text += Self.family("process_resident_memory_bytes", "gauge", "The resident memory.", bytes)
    }
    if let count = Self.descriptorCount {
      text += Self.family("process_open_fds", "gauge", "The open descriptors.", Double(count))
    }
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 {
      let value = limit.rlim_cur == rlim_t.max ? .infinity : Double(limit.rlim_cur)
      text += Self.family("process_max_fds", "gauge", "The descriptors that may be open.", value)
    }
    return text
  }

  private static func family(_ name: String, _ type: String, _ help: String, _ value: Double) -> String {
    PrometheusText.head(name, type: type, help: help) + PrometheusText.sample(name, "", PrometheusText.number(value))
  }

  private static func seconds(of clock: clockid_t) -> Double {
    var time = timespec()
    clock_gettime(clock, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  private static var residentPages: Int? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 128)
    let count = bytes.withUnsafeMutableBytes { fread($0.baseAddress, 1, $0.count, file) }
    let fields = bytes.prefix(count).split(separator: UInt8(ascii: " "))
    return fields.count > 1 ? Int(String(decoding: fields[1], as: UTF8.self)) : nil
  }

  private static var descriptorCount: Int? {
    guard let folder = opendir("/proc/self/fd") else { return nil }
    defer { closedir(folder) }
    var count = 0
    while readdir(folder) != nil { count += 1 }
    // Without `.`, `..` and the folder's own.
    return count - 3
  }
}
