import ArgumentParser
import CommandLineSupport
import CoreGRPC
import CoreGRPCServices
import ProgramSettings
import UnixSignals

/// Asks a server's health service.
struct HealthCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute-client health",
    abstract: "Asks a server for its health, by grpc.health.v1.",
    discussion: """
      Prints the status. The exit status is 0 if the service is SERVING, 4 if it has another status, and 1 if there is \
      no answer.
      """
  )

  @Option(help: ArgumentHelp("The full name of a service. (default: the whole server)", valueName: "name"))
  var service: String?

  @Flag(
    inversion: .prefixedNo,
    help: "Print the status whenever it changes, until a signal comes or the server ends that."
  )
  var watch: Bool?

  @OptionGroup
  var connection: ConnectionOptions

  @Option(help: ArgumentHelp("How long the check may take. (default: 1s; no limit with --watch)", valueName: "time"))
  var timeout: DurationArgument?

  @OptionGroup(title: "Transport security")
  var tls: ChannelTLSOptions

  mutating func run() async throws {
    var settings = try Settings(program: "compute-client", file: connection.config)
    try connection.fill(from: &settings)
    try tls.fill(from: &settings)
    try settings.fill(&service, "service")
    try settings.fill(&watch, "watch")
    // Of the flag alone: the settings have the timeout of calls.
    let timeoutOfWatch = timeout
    try settings.fill(&timeout, "timeout")
    // The file is also that of calls.
    settings.accept(
      ["wait-for-ready", "service-config", "count", "concurrency", "log-level", "log-format", "tracing"]
    )
    try settings.finish()

    let output = connection.output
    let service = service ?? ""
    var status: String?
    do {
      let client = HealthClient(channel: try connection.channel(tls))
      if watch ?? false {
        status = try await Self.watch(service, client, CallOptions(timeout: timeoutOfWatch?.duration), output)
      } else {
        let answer = try await client.check(service, options: CallOptions(timeout: timeout?.duration ?? .seconds(1)))
        status = answer
        try output.printStatus(answer, of: service)
      }
    } catch {
      output.printLastError(error)
      throw ExitCode.failure
    }
    if status != "SERVING" { throw ExitCode(4) }
  }

  /// Prints statuses until a signal comes.
  ///
  /// - Returns: The last one.
  private static func watch(
    _ service: String,
    _ client: HealthClient,
    _ options: CallOptions,
    _ output: ClientOutput
  ) async throws -> String? {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    let last = LastStatus()
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await client.watch(service, options: options) { status in
          last.status.withLock { $0 = status }
          try output.printStatus(status, of: service)
        }
      }
      group.addTask {
        for await _ in signals { return }
      }
      // The server ends the watch, an error does, or a signal comes.
      try await group.next()
      group.cancelAll()
      return last.status.withLock { $0 }
    }
  }

  private final class LastStatus: Sendable {
    let status = Locked<String?>(nil)
  }
}
