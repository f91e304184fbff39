import ArgumentParser
import CommandLineSupport
import CoreGRPC
import ProgramSettings

/// The options for the calls themselves.
struct CallOptionGroup: ParsableArguments {
  @Option(help: ArgumentHelp("How long each call may take, as in 2s or 500ms. (default: no limit)", valueName: "time"))
  var timeout: DurationArgument?

  @Flag(inversion: .prefixedNo, help: "Wait for the server to come up, rather than fail while it is down.")
  var waitForReady: Bool?

  @Option(
    help: ArgumentHelp(
      "How calls are retried and spread over the target's servers, in gRPC's service config format.",
      valueName: "JSON"
    )
  )
  var serviceConfig: String?

  @Option(help: ArgumentHelp("How many times to send each text. (default: 1)", valueName: "n"))
  var count: Int?

  @Option(help: ArgumentHelp("How many calls to have in progress at a time. (default: 1)", valueName: "n"))
  var concurrency: Int?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&timeout, "timeout")
    try settings.fill(&waitForReady, "wait-for-ready")
    try settings.fill(&serviceConfig, "service-config")
    try settings.fill(&count, "count", in: 1...Int.max)
    try settings.fill(&concurrency, "concurrency", in: 1...Int.max)
  }

  func validate() throws {
    if let count, count < 1 { throw ValidationError("--count must be at least 1, not \(count).") }
    if let concurrency, concurrency < 1 {
      throw ValidationError("--concurrency must be at least 1, not \(concurrency).")
    }
  }

  /// The options of each call.
  var each: CallOptions { CallOptions(timeout: timeout?.duration, waitForReady: waitForReady ?? false ? true : nil) }
}
