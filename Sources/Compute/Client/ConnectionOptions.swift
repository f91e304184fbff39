import ArgumentParser
import CoreGRPC
import ProgramSettings

/// The options for the server that is called.
struct ConnectionOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The service's address: host:port, unix:/path, or any gRPC target. (default: 127.0.0.1:19999)",
      valueName: "target"
    )
  )
  var target: String?

  @Option(help: ArgumentHelp("A file of JSON with options, by their names without dashes before.", valueName: "file"))
  var config: String?

  @Flag(inversion: .prefixedNo, help: "Print an object of JSON on a line for each result and error.")
  var json: Bool?

  mutating func fill(from settings: inout Settings) throws {
    try settings.fill(&target, "target")
    try settings.fill(&json, "json")
  }

  /// Makes a channel.
  ///
  /// - Throws: When the target or the credentials are not valid.
  func channel(
    _ tls: ChannelTLSOptions,
    serviceConfig: String? = nil,
    interceptors: [any ClientInterceptor] = []
  ) throws -> Channel {
    var configuration = Channel.Configuration()
    configuration.serviceConfig = serviceConfig.map(ServiceConfig.init(json:))
    let target = target ?? "127.0.0.1:19999"
    return try Channel(
      target: target,
      credentials: tls.credentials(for: target),
      configuration: configuration,
      interceptors: interceptors
    )
  }

  /// The form of the output.
  var output: ClientOutput { json ?? false ? .json : .text }
}
