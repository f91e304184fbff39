import ArgumentParser
import CommandLineSupport
import CoreGRPC
import CoreGRPCLogging
import Logging
import ProgramSettings

/// The options for the log on standard error.
struct ServerLogOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Write a line for each call.")
  var accessLog: Bool?

  @Option(
    help: ArgumentHelp(
      "debug, info or error. (default: errors of the server)",
      valueName: "level"
    ),
    transform: Self.level
  )
  var logLevel: Logger.Level?

  @Option(
    help: ArgumentHelp("text or json. (default: text)", valueName: "format"),
    transform: Self.format
  )
  var logFormat: LineLog.Format?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&accessLog, "access-log")
    try settings.fill(&logLevel, "log-level", Self.level)
    try settings.fill(&logFormat, "log-format", Self.format)
  }

  /// The program's own log.
  var logger: Logger { logger(from: logLevel ?? .notice) }

  /// Begins to log.
  ///
  /// - Returns: The observer of calls that writes the access log, if it is wanted.
  func begin() -> AccessLog? {
    if let logLevel { CoreGRPCLog.forward(to: logger(from: logLevel)) }
    return accessLog ?? false ? AccessLog(to: logger(from: .info)) : nil
  }

  private func logger(from level: Logger.Level) -> Logger {
    let format = logFormat ?? .text
    return Logger(label: "compute-server") { _ in LineLog(format, level: level) }
  }

  private static func level(_ text: String) throws -> Logger.Level {
    guard let level = Logger.Level(rawValue: text) else { throw ValidationError("there is no such level") }
    return level
  }

  private static func format(_ text: String) throws -> LineLog.Format {
    guard let format = LineLog.Format(rawValue: text) else { throw ValidationError("there is no such format") }
    return format
  }
}
