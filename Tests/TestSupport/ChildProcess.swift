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
    /// What the process wrote to standard output.
    public let output: String
    /// What the process wrote to standard error.
    public let errors: String
  }

  /// The process's number.
  public let identifier: Int32

  private let input: Pipe
  private let output: Capture
  private let errors: Capture
  private let end: End
  private static let starting = Locked(())

  /// Starts a process.
  ///
  /// - Parameters:
  ///   - executable: The program's file.
  ///   - environment: Variables to set beside those of this process.
  public init(_ executable: URL, _ arguments: [String], environment: [String: String] = [:]) throws {
    Foundation.signal(SIGPIPE, SIG_IGN)  // A child that is gone must fail a write, not end the tests.
    // One start at a time: a child must not inherit the pipes of another, whose ends would then never close.
    (identifier, input, output, errors) = try Self.starting.withLock { _ in
      let input = Pipe(closingOnExec: ())
      let output = Capture()
      let errors = Capture()
      let identifier = try Spawn(executable, arguments, environment).start(
        input: input.fileHandleForReading.fileDescriptor,
        output: output.pipe.fileHandleForWriting.fileDescriptor,
        errors: errors.pipe.fileHandleForWriting.fileDescriptor
      )
      // The child has its own now.
      try input.fileHandleForReading.close()
      try output.pipe.fileHandleForWriting.close()
      try errors.pipe.fileHandleForWriting.close()
      return (identifier, input, output, errors)
    }
    end = End(of: identifier)
    output.begin()
    errors.begin()
  }

  deinit { signal(SIGKILL) }

  /// Sends a signal to the process, if it still runs.
  public func signal(_ number: Int32) { end.whileRunning { _ = kill(identifier, number) } }

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
    let (status, wasKilled) = await end.reason()
    await output.finished.pass()
    await errors.finished.pass()
    return Outcome(
      status: status,
      wasKilled: wasKilled,
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
