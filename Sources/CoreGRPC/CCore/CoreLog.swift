import CGRPC
import Glibc

/// C-core's log: to the handler of ``CoreGRPCLog`` or to standard error, except for what a thread captures.
enum CoreLog {
  /// The text logged by C-core on this thread while `body` ran, which is then not written anywhere else.
  static func capturing<Result>(_ body: () -> Result) -> (Result, log: String) {
    let capture = Capture()
    let result = $current.withValue(capture, operation: body)
    return (result, capture.text.withLock { $0 })
  }

  /// Sends C-core's log through here.
  ///
  /// C-core keeps the function for the life of the process.
  static func install() {
    _ = installed
    _ = environmentSeverity
  }

  private static let installed: Void = gpr_set_log_function { arguments in
    guard let arguments = arguments?.pointee, let message = arguments.message else { return }
    // C-core may hold locks here: nothing below calls it, or waits for anything that does.
    if strncmp(message, "Failed accept4", 14) == 0 { ListenerWatch.shared.hint() }
    if let capture = CoreLog.current {
      let text = String(cString: message)
      capture.text.withLock { $0 += text + "\n" }
      return
    }
    let level = CoreGRPCLog.Level(arguments.severity)
    let wasTaken = CoreGRPCLog.report(level) {
      CoreGRPCLog.Event(
        level: level,
        message: text(of: message),
        file: arguments.file.map { String(cString: $0) } ?? "",
        line: Int(arguments.line)
      )
    }
    guard !wasTaken else { return }
    let severity = String(cString: gpr_log_severity_string(arguments.severity))
    let line = "gRPC \(severity): \(text(of: message))\n"
    _ = Array(line.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func text(of message: UnsafePointer<CChar>) -> String {
    HandshakeExplanation.explain(LogRedaction.redact(String(cString: message)))
  }

  /// Sets what C-core logs: a level and all above, or with `nil` what the environment says.
  static func setVerbosity(_ level: CoreGRPCLog.Level?) {
    gpr_set_log_verbosity(level?.severity ?? environmentSeverity)
  }

  /// The lowest severity that `GRPC_VERBOSITY` lets pass.
  ///
  /// C-core reads the variable only while no severity was set, and does not tell what it read: so it is asked once, before
  /// the first one is set.
  private static let environmentSeverity: gpr_log_severity = {
    gpr_log_verbosity_init()
    let severities = [GPR_LOG_SEVERITY_DEBUG, GPR_LOG_SEVERITY_INFO, GPR_LOG_SEVERITY_ERROR]
    return severities.first { gpr_should_log($0) != 0 } ?? gpr_log_severity(GPR_LOG_SEVERITY_ERROR.rawValue + 1)
  }()

  /// Outside of tasks, as here, the runtime keeps task-local values by thread.
  @TaskLocal private static var current: Capture?

  private final class Capture: Sendable {
    let text = Locked("")
  }
}

extension CoreGRPCLog.Level {
  fileprivate init(_ severity: gpr_log_severity) {
    switch severity {
    case GPR_LOG_SEVERITY_DEBUG: self = .debug
    case GPR_LOG_SEVERITY_INFO: self = .info
    default: self = .error
    }
  }

  fileprivate var severity: gpr_log_severity {
    switch self {
    case .debug: GPR_LOG_SEVERITY_DEBUG
    case .info: GPR_LOG_SEVERITY_INFO
    case .error: GPR_LOG_SEVERITY_ERROR
    }
  }
}
