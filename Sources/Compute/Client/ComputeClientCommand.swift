import ArgumentParser
import CommandLineSupport
import Compute
import CoreGRPC
import CoreGRPCTracing
import ProgramSettings
import ProgramTelemetry
import TraceExport

/// Sends texts to a Compute service.
struct ComputeClientCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute-client",
    abstract: "Asks a Compute service for the number of Unicode code points in texts.",
    usage: """
      compute-client [<options>] [<texts> ...]
      compute-client health [<options>]
      """,
    discussion: """
      Prints `received: N` for each text, in the order of the texts. A call that fails prints its gRPC status code and \
      message on standard error, the other texts are still sent, and the exit status is 1.

      With --count, every text is sent that many times, and a summary of the latencies follows.

      With health as the first argument it asks for the server's health: see `compute-client health --help`.

      Each option may stand in the environment, as in COMPUTE_CLIENT_TARGET, or in the file. A flag takes precedence, \
      then a variable.
      """,
    version: "compute-client \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Argument(help: "The texts; - stands for standard input, where each line is a text. (default: 123456)")
  var texts: [String] = []

  @OptionGroup
  var connection: ConnectionOptions

  @OptionGroup(title: "Transport security and identity")
  var tls: ChannelTLSOptions

  @OptionGroup(title: "Calls")
  var calls: CallOptionGroup

  @OptionGroup(title: "Log and telemetry")
  var log: LogOptions

  @OptionGroup(title: "Log and telemetry")
  var tracing: TracingOptions

  func validate() throws {
    if texts.filter({ $0 == "-" }).count > 1 { throw ValidationError("- can be given once only.") }
  }

  mutating func run() async throws {
    var settings = try Settings(program: "compute-client", file: connection.config)
    try connection.fill(from: &settings)
    try tls.fill(from: &settings)
    try calls.fill(from: &settings)
    try log.fill(from: &settings)
    try tracing.fill(from: &settings)
    // The file is also that of health checks.
    settings.accept(["service", "watch"])
    try settings.finish()

    let output = connection.output
    let isComplete: Bool
    var traces: TraceExporter?
    log.begin("compute-client")
    do {
      traces = try tracing.begin("compute-client", logger: log.logger("compute-client"))
      let interceptors = traces.map { [TracingClientInterceptor(tracer: OTLPTracer(exporter: $0))] } ?? []
      let channel = try connection.channel(tls, serviceConfig: calls.serviceConfig, interceptors: interceptors)
      let client = Compute_Compute.Client(channel: channel)
      let source = TextSource(arguments: texts.isEmpty ? ["123456"] : texts)
      let (count, concurrency) = (calls.count ?? 1, calls.concurrency ?? 1)
      if count == 1 {
        isComplete = try await EachTextOnce(
          client: client,
          options: calls.each,
          concurrency: concurrency,
          output: output
        ).run(source)
      } else {
        isComplete = try await ManyCalls(
          client: client,
          options: calls.each,
          count: count,
          concurrency: concurrency,
          output: output
        ).run(source)
      }
    } catch {
      await traces?.shutdown()
      output.printLastError(error)
      throw ExitCode.failure
    }
    await traces?.shutdown()
    if !isComplete { throw ExitCode.failure }
  }
}
