import Glibc

/// The audit logger that gRPC has of its own: it writes a line of JSON to standard output.
///
/// The format is C-core's (`stdout_logger.cc` of gRPC 1.85), whose text is not escaped.
enum StdoutAuditLogger {
  static let name = "stdout_logger"

  static func log(_ event: AuthorizationAuditEvent) {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    var rest = Array((line(event, seconds: time.tv_sec, nanoseconds: time.tv_nsec) + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = unsafe rest.withUnsafeBytes { unsafe write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count < 0, errno != EINTR { return }
      rest = rest.dropFirst(max(0, count))
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
