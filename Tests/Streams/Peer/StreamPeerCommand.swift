import ArgumentParser
import CommandLineSupport

/// Serves and calls the four kinds of method, for tests with other implementations and with proxies between.
@main
struct StreamPeerCommand: OneLineErrorCommand {
  static let configuration = CommandConfiguration(
    commandName: "stream-peer",
    abstract: "Serves and calls the four kinds of method of interop.Stream.",
    discussion: "The service and its directives are described in Tests/InteropTests/Python/stream_server.py.",
    subcommands: [ServeCommand.self, CallCommand.self, UnreadCommand.self, RateCommand.self]
  )
}
