public import ArgumentParser
import CoreGRPC
public import Logging
public import ProgramSettings
public import TraceExport

/// The option for the spans of a program's calls.
public struct TracingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Where OTLP's spans go: [https://]host:port.", valueName: "target"))
  private var tracing: String?

  /// Creates options that have no values.
  public init() {}

  /// Takes what flags do not say from the environment and the file.
  ///
  /// - Throws: `ValidationError`, see ``Settings``.
  public mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&tracing, "tracing")
  }

  /// Begins to export spans, if a target was given.
  ///
  /// - Parameters:
  ///   - program: The program's name.
  ///   - logger: Gets failures.
  /// - Throws: When the target is not valid.
  public func begin(_ program: String, logger: Logger) throws -> TraceExporter? {
    guard let tracing else { return nil }
    let isSecure = tracing.hasPrefix("https://")
    var target = tracing[...]
    if let prefix = ["https://", "http://"].first(where: tracing.hasPrefix) {
      target = target.dropFirst(prefix.count)
      if target.hasSuffix("/") { target = target.dropLast() }
    }
    let channel = try Channel(target: String(target), credentials: isSecure ? .tls() : .insecure)
    let resource = [
      "service.name": program, "service.version": CoreGRPCVersion.current,
      "telemetry.sdk.name": "coregrpc", "telemetry.sdk.language": "swift",
    ]
    return TraceExporter(channel: channel, resource: resource) { logger.warning("\($0)") }
  }
}
