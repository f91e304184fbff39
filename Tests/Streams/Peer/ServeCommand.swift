import ArgumentParser
import CommandLineSupport
import CoreGRPC
import StreamSupport
import UnixSignals

struct ServeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Prints `running... ADDRESS`, and serves until SIGINT or SIGTERM."
  )

  @Option(help: "The address to listen on.")
  var listen = "127.0.0.1:0"

  @OptionGroup
  var limits: MemoryLimits

  func run() async throws {
    let signals = await UnixSignalsSequence(trapping: .sigint, .sigterm)
    var configuration = Server.Configuration()
    configuration.compression.enabledAlgorithms = .all
    configuration.targetWindowSize = limits.window
    if let quota = limits.quota { configuration.memoryQuota = quota }
    let server = Server(services: [StreamDirectiveService()], configuration: configuration)
    let address = try server.listen(on: ListenAddress(listen))
    try server.start()
    try StandardOutput.printLine("running... \(address)")
    for await _ in signals { break }
    await server.shutdown(gracePeriod: .milliseconds(200))
  }
}
