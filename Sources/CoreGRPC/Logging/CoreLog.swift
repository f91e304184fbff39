import CEngine
import Glibc
import Synchronization

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
  static func install() { _ = installed }

  private static let installed: Void = {
    unsafe cengine_set_log_function { severity, file, line, message in
      unsafe CoreLog.take(severity, file, line, message)
    }
    setVerbosity(nil)
  }()

  /// Takes an event of C-core, which may hold locks: no code here calls C-core, or waits for code that does.
  private static func take(
    _ severity: Int32,
    _ file: UnsafePointer<CChar>?,
    _ line: Int32,
    _ message: UnsafePointer<CChar>?
  ) {
    guard let message = unsafe message else { return }
    if listenerFailures.contains(where: { unsafe strncmp(message, $0, $0.utf8.count) == 0 }) {
      ListenerWatch.shared.listenerFailed()
    }
    let isWanted = severity >= lowestSeverity.load(ordering: .relaxed)
    let level = CoreGRPCLog.Level(rawValue: Int(severity)) ?? .error
    if let capture = current {
      guard isWanted || level == .error else { return }
      let text = unsafe String(cString: message)
      capture.text.withLock { $0 += text + "\n" }
      return
    }
    if level < .error, let fault = unsafe ConnectionFault(line: String(cString: message)) { report(fault) }
    guard isWanted else { return }
    let file = unsafe file.map { unsafe String(cString: $0) } ?? ""
    var note = ""
    if level == .error {
      guard let skipped = admit(.line(file: file, line: Int(line))) else { return }
      note = LogLimit.note(skipped: skipped)
    }
    let wasTaken = CoreGRPCLog.report(level) {
      unsafe CoreGRPCLog.Event(level: level, message: text(of: message) + note, file: file, line: Int(line))
    }
    if !wasTaken { writeLine(level, unsafe text(of: message) + note) }
  }

  /// The beginnings of the lines with which C-core gives up a listener, see `src/core/lib/iomgr/tcp_server_posix.cc`
  /// and, in later versions, `src/core/lib/event_engine/posix_engine/posix_engine_listener.cc`.
  private static let listenerFailures = [
    "Failed accept4: ", "Closing acceptor. ", "Failed getsockname: ", "Invalid address: ",
  ]

  /// A kind of lines that peers can cause.
  private enum Kind: Hashable {
    case fault(ConnectionFault.Kind)
    /// A line of C-core's source.
    case line(file: String, line: Int)
  }

  private static let limits = Locked<[Kind: LogLimit]>([:])

  /// The number of lines that standard error, or a logger, did not take.
  static var dropped: Int { droppedCount.load(ordering: .relaxed) }

  private static let droppedCount = Atomic(0)

  /// Counts lines that a logger did not take.
  static func countDropped(_ count: Int) { droppedCount.add(count, ordering: .relaxed) }

  /// Counts a line of some kind; see ``LogLimit/admit(at:)``.
  private static func admit(_ kind: Kind) -> Int? {
    limits.withLock { $0[kind, default: LogLimit()].admit() }
  }

  /// Reports a fault of a connection; callable where C-core holds locks.
  static func report(_ fault: ConnectionFault) {
    guard let skipped = admit(.fault(fault.kind)) else { return }
    CoreGRPCLog.reportOfServer(.error, fault.message + LogLimit.note(skipped: skipped))
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
      guard unsafe poll(&output, 1, 0) == 1 else {
        countDropped(1)
        return
      }
      _ = unsafe line.withUnsafeBytes { unsafe Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
  }

  private static let writing = Locked(())

  private static func text(of message: UnsafePointer<CChar>) -> String {
    unsafe HandshakeExplanation.explain(LogRedaction.redact(String(cString: message)))
  }

  /// Sets the level of C-core's log: a level and all above, or with `nil` the level of the environment.
  ///
  /// The limits begin anew.
  static func setVerbosity(_ level: CoreGRPCLog.Level?) {
    let severity = level.map { Int32($0.rawValue) } ?? environmentSeverity
    lowestSeverity.store(severity, ordering: .relaxed)
    cengine_set_log_severity(severity)
    limits.withLock { $0 = [:] }
  }

  /// The lowest severity of interest.
  ///
  /// C-core formats all lines, whatever the level: some faults of connections are details to it
  /// (``ConnectionFault``). Without a trace it has no line for a call, and some for a connection.
  private static let lowestSeverity = Atomic(Int32(CENGINE_LOG_NOTHING))

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
