import CoreGRPC
public import Foundation

/// A process that a test starts, talks to, and ends.
public final class ChildProcess: Sendable {
  /// Everything that the process wrote, and how it ended.
  public struct Outcome: Sendable {
    /// The exit status; for a process that a signal ended, the signal's number.
    public let status: Int32
    /// Whether a signal ended the process.
    public let wasKilled: Bool
    /// The output on standard output.
    public let output: String
    /// The output on standard error.
    public let errors: String
  }

  private let process: Process
  private let input: Pipe
  private let output: Capture
  private let errors: Capture
  private let ended = Gate()
  private static let starting = Locked(())

  /// Starts a process.
  ///
  /// - Parameters:
  ///   - executable: The program's file.
  ///   - environment: Variables to set beside those of this process.
  public init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
    Foundation.signal(SIGPIPE, SIG_IGN)  // A child that is gone must fail a write, not end the tests.
    // One start at a time: a child must not inherit the pipes of another, whose ends would then never close.
    (process, input, output, errors) = try Self.starting.withLock { [ended] _ in
      let input = Pipe(closingOnExec: ())
      let output = Capture()
      let errors = Capture()
      let process = Process()
      process.executableURL = executable
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.standardInput = input
      process.standardOutput = output.pipe
      process.standardError = errors.pipe
      process.terminationHandler = { _ in ended.open() }
      // Threads of Swift's pool block signals, and a child inherits that from the thread that starts it.
      var none = sigset_t()
      var blocked = sigset_t()
      sigemptyset(&none)
      pthread_sigmask(SIG_SETMASK, &none, &blocked)
      defer { pthread_sigmask(SIG_SETMASK, &blocked, nil) }
      try process.run()
      return (process, input, output, errors)
    }
    output.begin()
    errors.begin()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// The process's number.
  public var identifier: Int32 { process.processIdentifier }

  /// Sends a signal to the process, if it still runs.
  public func signal(_ number: Int32) { if process.isRunning { kill(process.processIdentifier, number) } }

  /// Writes to the process's standard input.
  public func write(_ bytes: [UInt8]) throws { try input.fileHandleForWriting.write(contentsOf: Data(bytes)) }

  /// Ends the process's standard input.
  public func closeInput() throws { try input.fileHandleForWriting.close() }

  /// Waits for a line of standard output that begins with `prefix`.
  ///
  /// - Returns: The rest of the line; `nil` when the output ends without one.
  public func line(after prefix: String) async -> String? {
    for await line in output.lines where line.hasPrefix(prefix) { return String(line.dropFirst(prefix.count)) }
    return nil
  }

  /// Waits for the process to end.
  public func outcome() async -> Outcome {
    await ended.pass()
    await output.finished.pass()
    await errors.finished.pass()
    return Outcome(
      status: process.terminationStatus,
      wasKilled: process.terminationReason == .uncaughtSignal,
      output: output.text,
      errors: errors.text
    )
  }

  /// Runs a process to its end.
  public static func run(
    _ executable: URL,
    _ arguments: [String],
    input: [UInt8] = [],
    environment: [String: String] = [:]
  ) async throws -> Outcome {
    let process = try ChildProcess(executable, arguments, environment: environment)
    try process.write(input)
    try process.closeInput()
    return await process.outcome()
  }
}

/// Collects what comes out of a pipe.
private final class Capture: Sendable {
  let pipe = Pipe(closingOnExec: ())
  let lines: AsyncStream<String>
  let finished = Gate()
  private let continuation: AsyncStream<String>.Continuation
  private let bytes = Locked<[UInt8]>([])

  init() { (lines, continuation) = AsyncStream.makeStream() }

  var text: String { bytes.withLock { String(decoding: $0, as: UTF8.self) } }

  func begin() {
    // A thread that blocks: reading must continue whatever the tasks do.
    let thread = Thread { [self] in
      var line: [UInt8] = []
      while true {
        let chunk = pipe.fileHandleForReading.availableData
        if chunk.isEmpty { break }
        bytes.withLock { $0 += chunk }
        for byte in chunk {
          if byte == UInt8(ascii: "\n") {
            continuation.yield(String(decoding: line, as: UTF8.self))
            line = []
          } else {
            line.append(byte)
          }
        }
      }
      continuation.finish()
      finished.open()
    }
    thread.start()
  }
}

extension Pipe {
  /// A pipe whose ends a child process does not inherit, except for those that it is given.
  fileprivate convenience init(closingOnExec: Void) {
    self.init()
    for handle in [fileHandleForReading, fileHandleForWriting] { _ = fcntl(handle.fileDescriptor, F_SETFD, FD_CLOEXEC) }
  }
}
