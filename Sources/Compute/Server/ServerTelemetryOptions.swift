import ArgumentParser
import CoreGRPC
import CoreGRPCMetrics
import ProgramSettings
import PrometheusPage

/// The options for what a server tells other programs about its calls.
struct ServerTelemetryOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("Where Prometheus reads http://…/metrics.", valueName: "host:port"),
    transform: Self.tcpAddress
  )
  var metrics: ListenAddress?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&metrics, "metrics", Self.tcpAddress)
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

  private static func tcpAddress(_ text: String) throws -> ListenAddress {
    let address = try ListenAddress(text)
    guard address.port != nil else { throw ValidationError("expected host:port or [IPv6 address]:port") }
    return address
  }
}
