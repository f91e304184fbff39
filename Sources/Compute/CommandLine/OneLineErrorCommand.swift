public import ArgumentParser

/// A command whose errors of usage are one line on standard error, rather than an explanation of several.
public protocol OneLineErrorCommand: AsyncParsableCommand {}

extension OneLineErrorCommand {
  /// Reads the command line, runs the command, and ends the process if that fails.
  public static func main() async { await main(arguments: nil) }

  /// Reads arguments, runs the command, and ends the process if that fails.
  ///
  /// - Parameter arguments: The arguments; `nil` stands for those of the process.
  public static func main(arguments: [String]?) async {
    StandardStream.prepare()
    // The error is gone before the process ends: LeakSanitizer does not find what an alive one refers to.
    guard let (code, message) = await failure(of: arguments) else { return }
    if !message.isEmpty { StandardError.printLine(message) }
    exit(withError: code)
  }

  /// Reads arguments, and runs the command.
  ///
  /// - Returns: The exit status of a failure, and its line; `nil` if there is none.
  private static func failure(of arguments: [String]?) async -> (ExitCode, String)? {
    do {
      var command = try parseAsRoot(arguments)
      if var command = command as? any AsyncParsableCommand {
        try await command.run()
      } else {
        try command.run()
      }
      return nil
    } catch {
      let code = exitCode(for: error)
      let message = message(for: error)
      // Help and version are errors to ArgumentParser, with the exit code of success.
      if code == .success { exit(withError: error) }
      if message.isEmpty { return (code, "") }
      return (code, "error: \(message.split(whereSeparator: \.isNewline).joined(separator: " "))")
    }
  }
}
