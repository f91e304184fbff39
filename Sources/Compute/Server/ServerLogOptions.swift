import ArgumentParser
import CommandLineSupport
import CoreGRPC
import CoreGRPCLogging
import Logging

/// The options of the command line for the log on standard error.
struct ServerLogOptions: ParsableArguments {
  @Flag(help: "Write a line for each call to standard error.")
  var accessLog = false

  @Option(
    help: ArgumentHelp(
      "Write events of the server and of gRPC from this level on to standard error: debug, info, error. (default: "
        + "errors of the whole server only)",
      valueName: "level"
    ),
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else { throw ValidationError("there is no such level") }
      return level
    }
  )
  var logLevel: Logger.Level?

  @Option(
    help: ArgumentHelp("The form of these lines: text or json. (default: text)", valueName: "format"),
    transform: { text in
      guard let format = LineLog.Format(rawValue: text) else { throw ValidationError("there is no such format") }
      return format
    }
  )
  var logFormat: LineLog.Format = .text

  /// Begins to log.
  ///
  /// - Returns: The observer of calls that writes the access log, if it is wanted.
  func begin() -> AccessLog? {
    let format = logFormat
    if let logLevel {
      let logger = Logger(label: "compute-server") { _ in LineLog(format, level: logLevel) }
      CoreGRPCLog.forward(to: logger)
    }
    guard accessLog else { return nil }
    return AccessLog(to: Logger(label: "compute-server") { _ in LineLog(format, level: .info) })
  }
}
