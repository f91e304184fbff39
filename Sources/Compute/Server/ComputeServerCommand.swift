import ArgumentParser
import CommandLineSupport
import Compute
import CoreGRPC
import CoreGRPCLogging
import CoreGRPCServices
import UnixSignals

@main
struct ComputeServerCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "compute-server",
    abstract: "Answers Compute.SayHello calls with the number of Unicode code points in their text.",
    discussion: """
      SIGINT and SIGTERM stop the server: it takes no more calls, finishes those in progress within the grace period, \
      and exits with 0. A second signal stops it immediately.
      """,
    version: "compute-server \(CoreGRPCVersion.current), \(CoreGRPCVersion.engine)"
  )

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "An address to listen on: host:port, [IPv6 address]:port, unix:/path or unix-abstract:name. Port 0 lets the "
        + "system choose. May be given several times. (default: 127.0.0.1:19999)",
      valueName: "address"
    ),
    transform: { try ListenAddress($0) }
  )
  var listen: [ListenAddress] = [.tcp(host: "127.0.0.1", port: 19999)]

  @OptionGroup(title: "Transport security")
  var tls: ServerTLSOptions

  @OptionGroup(title: "Log")
  var log: ServerLogOptions

  @Option(
    help: ArgumentHelp(
      "An address for administrators, without TLS: channelz, client status and reflection.",
      valueName: "address"
    ),
    transform: { try ListenAddress($0) }
  )
  var admin: ListenAddress?

  @Option(
    help: ArgumentHelp("How long calls in progress may take after a signal, as in 5s or 500ms.", valueName: "time")
  )
  var grace = DurationArgument(seconds: 5)

  @Option(help: ArgumentHelp("How many calls may be in progress at a time; further ones are refused.", valueName: "n"))
  var maxConcurrentCalls = Server.Configuration().maxConcurrentCalls

  func validate() throws {
    if maxConcurrentCalls < 1 {
      throw ValidationError("--max-concurrent-calls must be at least 1, not \(maxConcurrentCalls).")
    }
  }

  func run() async throws {
    StandardOutput.ignoreBrokenPipes()
    let accessLog = log.begin()
    var configuration = Server.Configuration()
    configuration.maxConcurrentCalls = maxConcurrentCalls
    configuration.isChannelzEnabled = admin != nil
    if let accessLog { configuration.callObservers.append(accessLog) }
    let health = HealthService()
    health.provider.updateStatus(.serving, forService: Compute_Compute.descriptor)
    let services: [any RegistrableRPCService] = [ComputeService(), health]
    let server = Server(services: services + [ReflectionService(services: services)], configuration: configuration)
    let administration = Server(services: [AdminServices(), ReflectionService(services: [ChannelzService()])])
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    do {
      var bound: [ListenAddress] = []
      for address in listen {
        bound.append(try server.listen(on: address, credentials: tls.credentials(for: address)))
      }
      let adminAddress = try admin.map { try administration.listen(on: $0) }
      try server.start()
      try StandardOutput.printLine("running... \(bound.map(\.description).joined(separator: " "))")
      if let adminAddress {
        try administration.start()
        try StandardOutput.printLine("administration... \(adminAddress)")
      }
    } catch {
      StandardError.printLine("error: \(error)")
      throw ExitCode.failure
    }

    let stopping = Task {
      var isStopping = false
      for await _ in signals {
        if isStopping {
          server.beginGracefulShutdown(gracePeriod: .zero)
        } else {
          isStopping = true
          // The server stops whether anybody reads this or not.
          try? StandardOutput.printLine("stopping...")
          server.beginGracefulShutdown(gracePeriod: grace.duration)
        }
      }
    }
    await server.waitUntilStopped()
    await administration.shutdown(gracePeriod: .zero)
    stopping.cancel()
    await accessLog?.flush()
  }
}
