import Glibc

/// The audit logger that gRPC has of its own: it writes a line of JSON to standard output.
///
/// The format is C-core's (`stdout_logger.cc` of gRPC 1.85), whose text is not escaped.
enum StdoutAuditLogger {
  static let name = "stdout_logger"

  static func log(_ event: AuthorizationAuditEvent) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    write(line(event, seconds: time.tv_sec, nanoseconds: time.tv_nsec) + "\n", to: STDOUT_FILENO)
  }

  /// Writes a text to a descriptor, and waits for a reader that is slow.
  static func write(_ text: String, to descriptor: Int32) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        switch errno {
        case EINTR: continue
        case EAGAIN:
          // The program, or another one on the same terminal, has made it non-blocking.
          var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = unsafe poll(&ready, 1, -1)
          continue
        default: return
        }
      }
      rest = rest.dropFirst(count)
    }
  }

  /// Returns the line for an event at a time since 1970, in UTC.
  static func line(_ event: AuthorizationAuditEvent, seconds: Int, nanoseconds: Int) -> String {
    var seconds = seconds
    var parts = unsafe tm()
    unsafe gmtime_r(&seconds, &parts)
    let (year, month, day) = unsafe (parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday)
    let (hour, minute, second) = unsafe (parts.tm_hour, parts.tm_min, parts.tm_sec)
    func text(_ number: some BinaryInteger, digits: Int) -> String {
      let text = String(number)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    let date = "\(year)-\(text(month, digits: 2))-\(text(day, digits: 2))"
    let clock = [hour, minute, second].map { text($0, digits: 2) }.joined(separator: ":")
    let entry: JSONObject = [
      "timestamp": .string("\(date)T\(clock).\(text(nanoseconds, digits: 9))+00:00"),
      "rpc_method": .string(event.path),
      "principal": .string(event.principal),
      "policy_name": .string(event.policyName),
      "matched_rule": .string(event.decision.matchedRule ?? ""),
      "authorized": .bool(event.decision.isAllowed),
    ]
    return JSONValue.object(["grpc_audit_log": .object(entry)]).description
  }
}
