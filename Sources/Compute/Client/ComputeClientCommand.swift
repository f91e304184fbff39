import ArgumentParser
import CommandLineSupport
import Compute
import CoreGRPC

@main
struct ComputeClientCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute-client",
    abstract: "Asks a Compute service for the number of Unicode code points in texts.",
    discussion: """
      Prints `received: N` for each text, in the order of the texts. A call that fails prints its gRPC status code and \
      message on standard error, the other texts are still sent, and the exit status is 1.

      With --count, every text is sent that many times, and a summary of the latencies follows.
      """,
    version: "compute-client \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Argument(help: "The texts; - stands for standard input, where each line is a text. (default: 123456)")
  var texts: [String] = []

  @Option(help: ArgumentHelp("The service's address: host:port, unix:/path, or any gRPC target.", valueName: "target"))
  var target = "127.0.0.1:19999"

  @OptionGroup(title: "Transport security")
  var tls: ChannelTLSOptions

  @Option(help: ArgumentHelp("How long each call may take, as in 2s or 500ms. (default: no limit)", valueName: "time"))
  var timeout: DurationArgument?

  @Flag(help: "Wait for the server to come up, rather than fail while it is down.")
  var waitForReady = false

  @Option(
    help: ArgumentHelp(
      "How calls are retried and spread over the target's servers, in gRPC's service config format.",
      valueName: "JSON"
    )
  )
  var serviceConfig: String?

  @Option(help: ArgumentHelp("How many times to send each text.", valueName: "n"))
  var count = 1

  @Option(help: ArgumentHelp("How many calls to have in progress at a time.", valueName: "n"))
  var concurrency = 1

  func validate() throws {
    if count < 1 { throw ValidationError("--count must be at least 1, not \(count).") }
    if concurrency < 1 { throw ValidationError("--concurrency must be at least 1, not \(concurrency).") }
    if texts.filter({ $0 == "-" }).count > 1 { throw ValidationError("- can be given once only.") }
  }

  func run() async throws {
    let isComplete: Bool
    do {
      var configuration = Channel.Configuration()
      configuration.serviceConfig = serviceConfig.map(ServiceConfig.init(json:))
      let channel = try Channel(target: target, credentials: tls.credentials, configuration: configuration)
      let options = CallOptions(timeout: timeout?.duration, waitForReady: waitForReady ? true : nil)
      let client = Compute_Compute.Client(channel: channel)
      let source = TextSource(arguments: texts.isEmpty ? ["123456"] : texts)
      if count == 1 {
        isComplete = try await EachTextOnce(client: client, options: options, concurrency: concurrency).run(source)
      } else {
        isComplete = try await ManyCalls(client: client, options: options, count: count, concurrency: concurrency)
          .run(source)
      }
    } catch {
      StandardError.printLine("error: \(error)")
      throw ExitCode.failure
    }
    if !isComplete { throw ExitCode.failure }
  }
}
