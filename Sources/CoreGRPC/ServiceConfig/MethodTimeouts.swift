/// The timeouts of a service config, which the library keeps itself.
///
/// C-core's own are short by one to two seconds, so that those below a second end every call immediately. It counts
/// them from the call's start on another clock than that of deadlines, and the epochs of the two differ by one second
/// and the fraction of a second at which the process started: 3 s lasted 1.360 s in a process started at a fraction of
/// 0.641. Measured with 1.51.1, and with grpcio 1.85.1.
struct MethodTimeouts: Sendable, Hashable {
  private var timeouts: [MethodConfig.Name: Duration?] = [:]

  mutating func add(_ config: MethodConfig) {
    for name in config.names { timeouts.updateValue(config.timeout, forKey: name) }
  }

  /// The timeout of the settings whose name fits a method closest.
  subscript(method: MethodDescriptor) -> Duration? {
    if timeouts.isEmpty { return nil }
    for name in [.method(method), .service(method.service), .all] as [MethodConfig.Name] {
      if let timeout = timeouts[name] { return timeout }
    }
    return nil
  }
}
