import ArgumentParser
import CommandLineSupport
import CoreGRPC
import CoreGRPCLogging
import Logging
import ProgramSettings
import ProgramTelemetry

/// The options for what a server tells others about its calls.
struct ServerTelemetryOptions: ParsableArguments {
  @Flag(inversion: .prefixedNo, help: "Write a line for each call.")
  var accessLog: Bool?

  @OptionGroup(title: "Log and telemetry")
  var log: LogOptions

  @Option(
    help: ArgumentHelp("Where Prometheus reads http://…/metrics.", valueName: "host:port"),
    transform: Self.tcpAddress
  )
  var metrics: ListenAddress?

  @OptionGroup(title: "Log and telemetry")
  var tracing: TracingOptions

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&accessLog, "access-log")
    try log.fill(from: &settings)
    try settings.fill(&metrics, "metrics", Self.tcpAddress)
    try tracing.fill(from: &settings)
  }

  /// Begins to write an access log, if it is wanted.
  func beginAccessLog(of configuration: inout Server.Configuration) -> AccessLog? {
    guard accessLog ?? false else { return nil }
    let accessLog = AccessLog(to: log.logger(ComputeServerCommand.name, from: .info))
    configuration.callObservers.append(accessLog)
    return accessLog
  }

  /// Begins to measure a server's calls, and listens for readers.
  ///
  /// - Throws: When the address cannot be bound.
  func beginMetrics(of configuration: inout Server.Configuration) throws -> ServerMeasurement? {
    guard let metrics, let port = metrics.port else { return nil }
    var host = metrics.description.dropLast("\(port)".count + 1)
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return try ServerMeasurement(host: String(host), port: port, configuration: &configuration)
  }

  private static func tcpAddress(_ text: String) throws -> ListenAddress {
    let address = try ListenAddress(text)
    guard address.port != nil else { throw ValidationError("expected host:port or [IPv6 address]:port") }
    return address
  }
}
