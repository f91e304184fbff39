import CoreGRPC
import CoreGRPCMetrics
import PrometheusPage

/// The metrics of a server, and the page with them.
final class ServerMeasurement: Sendable {
  /// The page.
  let page: MetricsPage

  private let registry: PrometheusRegistry
  private let runtime: Runtime

  /// The metrics that are read for each page; none until there is a server.
  private final class Runtime: Sendable {
    let metrics = Locked<RuntimeMetrics?>(nil)
  }

  /// Listens for readers, and measures the calls of a server that gets the configuration.
  ///
  /// - Throws: When the address cannot be bound.
  init(host: String, port: UInt16, configuration: inout Server.Configuration) throws {
    let registry = PrometheusRegistry(describe: InstrumentDescription.ofGRPC)
    let runtime = Runtime()
    let process = ProcessMetrics()
    self.registry = registry
    self.runtime = runtime
    page = try MetricsPage(host: host, port: port) {
      runtime.metrics.withLock { $0 }?.record()
      return registry.page + process.page
    }
    configuration.callObservers.append(ServerMetrics(factory: registry))
  }

  /// Measures the server, too.
  func begin(of server: Server) {
    let metrics = RuntimeMetrics(of: server, factory: registry)
    runtime.metrics.withLock { $0 = metrics }
  }
}
