import ArgumentParser
import CoreGRPC
import CoreGRPCMetrics
import Logging
import ProgramSettings
import PrometheusPage
import TraceExport

/// The options for what a server tells other programs about its calls.
struct ServerTelemetryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where Prometheus reads http://…/metrics.", valueName: "host:port"),
    transform: Self.tcpAddress
  )
  var metrics: ListenAddress?

  @Option(help: ArgumentHelp("Where OTLP's spans go: [https://]host:port.", valueName: "target"))
  var tracing: String?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&metrics, "metrics", Self.tcpAddress)
    try settings.fill(&tracing, "tracing")
  }

  /// Begins to measure a server's calls, and listens for readers.
  ///
  /// - Throws: When the address cannot be bound.
  func beginMetrics(of configuration: inout Server.Configuration) throws -> MetricsPage? {
    guard let metrics, let port = metrics.port else { return nil }
    let registry = PrometheusRegistry(describe: InstrumentDescription.ofGRPC)
    configuration.callObservers.append(ServerMetrics(factory: registry))
    let process = ProcessMetrics()
    var host = metrics.description.dropLast("\(port)".count + 1)
    if host.hasPrefix("["), host.hasSuffix("]") { host = host.dropFirst().dropLast() }
    return try MetricsPage(host: String(host), port: port) { registry.page + process.page }
  }

  /// Begins to trace.
  ///
  /// - Throws: When the target is not valid.
  func beginTracing(logger: Logger) throws -> TraceExporter? {
    guard let tracing else { return nil }
    let isSecure = tracing.hasPrefix("https://")
    let target = isSecure || tracing.hasPrefix("http://") ? tracing.split(separator: "/")[1...].joined() : tracing
    let channel = try Channel(target: target, credentials: isSecure ? .tls() : .insecure)
    let resource = [
      "service.name": "compute-server", "service.version": CoreGRPCVersion.current,
      "telemetry.sdk.name": "coregrpc", "telemetry.sdk.language": "swift",
    ]
    return TraceExporter(channel: channel, resource: resource) { logger.warning("\($0)") }
  }

  private static func tcpAddress(_ text: String) throws -> ListenAddress {
    let address = try ListenAddress(text)
    guard address.port != nil else { throw ValidationError("expected host:port or [IPv6 address]:port") }
    return address
  }
}
