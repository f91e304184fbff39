import CGRPC
import Glibc

/// C-core's log: to standard error, except for what a thread captures.
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
  static func install() { _ = installed }

  private static let installed: Void = gpr_set_log_function { arguments in
    guard let arguments = arguments?.pointee, let message = arguments.message else { return }
    // C-core may hold locks here: nothing below calls it, or waits for anything that does.
    if let capture = CoreLog.current {
      let text = String(cString: message)
      capture.text.withLock { $0 += text + "\n" }
    } else {
      let severity = String(cString: gpr_log_severity_string(arguments.severity))
      let line = "gRPC \(severity): \(String(cString: message))\n"
      _ = Array(line.utf8).withUnsafeBytes { write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }

  /// Outside of tasks, as here, the runtime keeps task-local values by thread.
  @TaskLocal private static var current: Capture?

  private final class Capture: Sendable {
    let text = Locked("")
  }
}
