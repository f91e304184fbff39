import ArgumentParser
import CommandLineSupport
import Compute
import CoreGRPC
import CoreGRPCLogging
import CoreGRPCServices
import CoreGRPCTracing
import ProgramSettings
import ProgramTelemetry
import PrometheusPage
import TraceExport
import UnixSignals

@main
struct ComputeServerCommand: OneLineErrorCommand {
  /// The program's name.
  static let name = "compute-server"

  static let configuration = CommandConfiguration(
    commandName: name,
    abstract: "Counts the Unicode code points of texts, for Compute.SayHello.",
    usage: "compute-server [<options>]",
    discussion: """
      SIGINT and SIGTERM stop the server within the grace period, a second one now.
      An option is also a variable, COMPUTE_SERVER_TLS_CERT, or a key of the file.
      """,
    version: "\(name) \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "host:port, [IPv6 address]:port, unix:/path or unix-abstract:name. Also several times; port 0 is any. (default: "
        + "127.0.0.1:19999)",
      valueName: "address"
    ),
    transform: { try ListenAddress($0) }
  )
  var listen: [ListenAddress] = []

  @Option(help: ArgumentHelp("How long calls in progress may take. (default: 5s)", valueName: "time"))
  var grace: DurationArgument?

  @Option(help: ArgumentHelp(#"A file of JSON with options: {"grace": "2s"}."#, valueName: "file"))
  var config: String?

  @OptionGroup(title: "Security")
  var tls: ServerTLSOptions

  @OptionGroup(title: "Security")
  var callers: ServerCallerOptions

  @OptionGroup(title: "Services")
  var services: ServerServiceOptions

  @OptionGroup(title: "Limits")
  var limits: ServerLimitOptions

  @OptionGroup(title: "Log and telemetry")
  var telemetry: ServerTelemetryOptions

  /// Takes what flags do not say from the environment and the file.
  private mutating func fill() throws {
    var settings = try Settings(program: Self.name, file: config)
    try settings.fill(&listen, "listen") { try ListenAddress($0) }
    try settings.fill(&grace, "grace")
    try tls.fill(from: &settings)
    try callers.fill(from: &settings)
    try services.fill(from: &settings)
    try limits.fill(from: &settings)
    try telemetry.fill(from: &settings)
    try settings.finish()
  }

  /// Returns the interceptors, in their order: of all calls but health checks and reflection, which tools make without
  /// a token, and which would fill every trace.
  private static func pipeline(
    _ interceptors: (any ServerInterceptor)?...
  ) -> [ConditionalInterceptor<any ServerInterceptor>] {
    let open = ReflectionService.descriptors.union([HealthService.descriptor])
    return interceptors.compactMap { $0 }.map { .apply($0, to: .allExcluding(services: open, methods: [])) }
  }

  mutating func run() async throws {
    StandardOutput.ignoreBrokenPipes()
    try fill()
    telemetry.log.begin(Self.name)
    let logger = telemetry.log.logger(Self.name)
    var configuration = Server.Configuration()
    limits.set(in: &configuration)
    configuration.isChannelzEnabled = services.admin != nil
    let usesXDS = services.xds ?? false
    if usesXDS { configuration.xds = Server.Configuration.XDS() }
    let accessLog = telemetry.beginAccessLog(of: &configuration)
    let administration = Server(services: [AdminServices(), ReflectionService(services: [ChannelzService()])])
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let server: Server
    let metrics: ServerMeasurement?
    let traces: TraceExporter?
    do {
      try callers.setPolicy(in: &configuration)
      metrics = try telemetry.beginMetrics(of: &configuration)
      traces = try telemetry.tracing.begin(Self.name, logger: logger)
      let tracer = traces.map(OTLPTracer.init(exporter:))
      server = Server(
        services: try services.services(tracer.map { [TracingClientInterceptor(tracer: $0)] } ?? []),
        configuration: configuration,
        interceptorPipeline: Self.pipeline(
          tracer.map { TracingServerInterceptor(tracer: $0) },
          try callers.authenticator(logger: logger)
        )
      )
      metrics?.begin(of: server)
      var bound: [ListenAddress] = []
      for address in listen.isEmpty ? [.tcp(host: "127.0.0.1", port: 19999)] : listen {
        let credentials = tls.credentials(for: address)
        bound.append(try server.listen(on: address, credentials: usesXDS ? .xds(fallback: credentials) : credentials))
      }
      let adminAddress = try services.admin.map { try administration.listen(on: $0) }
      try server.start()
      try StandardOutput.printLine("running... \(bound.map(\.description).joined(separator: " "))")
      if let metrics { try StandardOutput.printLine("metrics... http://\(metrics.page.address)/metrics") }
      if let adminAddress {
        try administration.start()
        try StandardOutput.printLine("administration... \(adminAddress)")
      }
    } catch {
      StandardError.printLine("error: \(error)")
      throw ExitCode.failure
    }

    let stopping = Task { [server, grace] in
      var isStopping = false
      for await _ in signals {
        if isStopping {
          server.beginGracefulShutdown(gracePeriod: .zero)
        } else {
          isStopping = true
          // The server stops whether anybody reads this or not.
          try? StandardOutput.printLine("stopping...")
          server.beginGracefulShutdown(gracePeriod: grace?.duration ?? .seconds(5))
        }
      }
    }
    await server.waitUntilStopped()
    await administration.shutdown(gracePeriod: .zero)
    stopping.cancel()
    await accessLog?.flush()
    await configuration.authorizationPolicy?.flushAudit()
    await traces?.shutdown()
    metrics?.page.stop()
  }
}
