import CGRPC
import Glibc

/// C-core's log, sent to the handler of ``CoreGRPCLog`` or to standard error, except for the text that a thread
/// captures.
enum CoreLog {
  /// Calls `body`, and captures the text that C-core logs on this thread meanwhile, which is then not written anywhere
  /// else.
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

  private static let installed: Void = unsafe gpr_set_log_function { arguments in
    guard let arguments = unsafe arguments?.pointee, let message = unsafe arguments.message else { return }
    // C-core may hold locks here: no code below calls C-core, or waits for code that does.
    if unsafe strncmp(message, "Failed accept4", 14) == 0 { ListenerWatch.shared.hint() }
    if let capture = CoreLog.current {
      let text = unsafe String(cString: message)
      capture.text.withLock { $0 += text + "\n" }
      return
    }
    let level = unsafe CoreGRPCLog.Level(arguments.severity)
    let wasTaken = CoreGRPCLog.report(level) {
      unsafe CoreGRPCLog.Event(
        level: level,
        message: text(of: message),
        file: arguments.file.map { unsafe String(cString: $0) } ?? "",
        line: unsafe Int(arguments.line)
      )
    }
    guard !wasTaken else { return }
    let severity = unsafe String(cString: gpr_log_severity_string(arguments.severity))
    let line = unsafe "gRPC \(severity): \(text(of: message))\n"
    _ = unsafe Array(line.utf8).withUnsafeBytes { unsafe write(STDERR_FILENO, $0.baseAddress, $0.count) }
  }

  private static func text(of message: UnsafePointer<CChar>) -> String {
    unsafe HandshakeExplanation.explain(LogRedaction.redact(String(cString: message)))
  }

  /// Sets the level of C-core's log: a level and all above, or with `nil` the level of the environment.
  static func setVerbosity(_ level: CoreGRPCLog.Level?) {
    gpr_set_log_verbosity(level?.severity ?? environmentSeverity)
  }

  /// The lowest severity that `GRPC_VERBOSITY` lets pass.
  ///
  /// C-core reads the variable only while no severity was set, and does not report the value: so this asks once, before
  /// the first severity is set.
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
