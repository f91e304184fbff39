public import ArgumentParser
import CommandLineSupport
import CoreGRPC
import CoreGRPCLogging
public import Logging
public import ProgramSettings

/// The options for a program's log on standard error.
public struct LogOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("debug, info or error. (default: errors of the program)", valueName: "level"),
    transform: Self.level
  )
  private var logLevel: Logger.Level?

  @Option(help: ArgumentHelp("text or json. (default: text)", valueName: "format"), transform: Self.format)
  private var logFormat: LineLog.Format?

  /// Creates options that have no values.
  public init() {}

  /// Takes what flags do not say from the environment and the file.
  ///
  /// - Throws: `ValidationError`, see ``Settings``.
  public mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&logLevel, "log-level", Self.level)
    try settings.fill(&logFormat, "log-format", Self.format)
  }

  /// Sends gRPC's events to the log, if a level was given.
  ///
  /// - Parameter program: The program's name.
  public func begin(_ program: String) {
    if let logLevel { CoreGRPCLog.forward(to: logger(program, from: logLevel)) }
  }

  /// Returns a log.
  ///
  /// - Parameters:
  ///   - program: The program's name.
  ///   - level: The lowest level of the lines. Defaults to that of the options, or else `notice`.
  public func logger(_ program: String, from level: Logger.Level? = nil) -> Logger {
    let format = logFormat ?? .text
    let level = level ?? logLevel ?? .notice
    return Logger(label: program) { _ in LineLog(format, level: level) }
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
