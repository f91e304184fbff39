import CEngine
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

  private static let installed: Void = unsafe cengine_set_log_function { severity, file, line, message in
    unsafe CoreLog.take(severity, file, line, message)
  }

  /// Takes an event of C-core, which may hold locks: no code here calls C-core, or waits for code that does.
  private static func take(
    _ severity: Int32,
    _ file: UnsafePointer<CChar>?,
    _ line: Int32,
    _ message: UnsafePointer<CChar>?
  ) {
    guard let message = unsafe message else { return }
    if unsafe strncmp(message, "Failed accept4", 14) == 0 { ListenerWatch.shared.hint() }
    if let capture = current {
      let text = unsafe String(cString: message)
      capture.text.withLock { $0 += text + "\n" }
      return
    }
    let level = CoreGRPCLog.Level(rawValue: Int(severity)) ?? .error
    let wasTaken = CoreGRPCLog.report(level) {
      unsafe CoreGRPCLog.Event(
        level: level,
        message: text(of: message),
        file: file.map { unsafe String(cString: $0) } ?? "",
        line: Int(line)
      )
    }
    if !wasTaken { writeLine(level, unsafe text(of: message)) }
  }

  /// Writes an event of the library to standard error, if the environment lets its level pass.
  static func write(_ level: CoreGRPCLog.Level, _ message: String) {
    if level.rawValue >= environmentSeverity { writeLine(level, message) }
  }

  /// Writes a line to standard error, or drops it where that would block: a thread that polls may be the caller.
  private static func writeLine(_ level: CoreGRPCLog.Level, _ text: String) {
    // A pipe that is ready takes this much, and takes it as a whole (pipe(7)).
    let line = Array("gRPC \(level.letter): \(text)".utf8.prefix(Int(PIPE_BUF) - 1)) + [UInt8(ascii: "\n")]
    // One thread at a time: the line of another one would fill what this one has found free.
    writing.withLock { _ in
      var output = pollfd(fd: STDERR_FILENO, events: Int16(POLLOUT), revents: 0)
      guard unsafe poll(&output, 1, 0) == 1 else { return }
      _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }

  private static let writing = Locked(())

  private static func text(of message: UnsafePointer<CChar>) -> String {
    unsafe HandshakeExplanation.explain(LogRedaction.redact(String(cString: message)))
  }

  /// Sets the level of C-core's log: a level and all above, or with `nil` the level of the environment.
  static func setVerbosity(_ level: CoreGRPCLog.Level?) {
    cengine_set_log_severity(level.map { Int32($0.rawValue) } ?? environmentSeverity)
  }

  /// Sets the level again after the first `grpc_init`.
  static func restoreVerbosity() {
    _ = restored
  }

  private static let restored: Void = cengine_restore_log_severity()

  /// The lowest severity that `GRPC_VERBOSITY` lets pass, asked before the first one is set.
  private static let environmentSeverity: Int32 = cengine_log_severity_of_environment()

  /// Outside of tasks, as here, the runtime keeps task-local values by thread.
  @TaskLocal private static var current: Capture?

  private final class Capture: Sendable {
    let text = Locked("")
  }
}

extension CoreGRPCLog.Level {
  /// The letter in lines on standard error.
  fileprivate var letter: String {
    switch self {
    case .debug: "D"
    case .info: "I"
    case .error: "E"
    }
  }
}
