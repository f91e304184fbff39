import ArgumentParser
import CommandLineSupport
import CoreGRPC
import ProgramSettings

/// The options that bound what callers may take.
struct ServerLimitOptions: ParsableArguments {
  @Option(help: ArgumentHelp("Calls in progress. (default: 10000)", valueName: "n"))
  var maxConcurrentCalls: Int?

  @Option(help: ArgumentHelp("Those on one connection. (default: 1024)", valueName: "n"))
  var maxStreams: Int?

  @Option(help: ArgumentHelp("A request's size. (default: 4194304)", valueName: "bytes"))
  var maxRequest: Int?

  @Option(help: ArgumentHelp("A response's size. (default: no limit)", valueName: "bytes"))
  var maxResponse: Int?

  @Option(help: ArgumentHelp("A connection's age. (default: no limit)", valueName: "time"))
  var maxAge: DurationArgument?

  @Option(help: ArgumentHelp("Its time without a call. (default: no limit)", valueName: "time"))
  var maxIdle: DurationArgument?

  func validate() throws {
    for (name, number) in [
      ("concurrent-calls", maxConcurrentCalls), ("streams", maxStreams), ("request", maxRequest),
      ("response", maxResponse),
    ] {
      guard let number else { continue }
      if number < 1 { throw ValidationError("--max-\(name) must be at least 1, not \(number).") }
      if number > Int32.max { throw ValidationError("--max-\(name) must be at most \(Int32.max), not \(number).") }
    }
  }

  mutating func fill(from settings: inout Settings) throws {
    let range = 1...Int(Int32.max)
    try settings.fill(&maxConcurrentCalls, "max-concurrent-calls", in: range)
    try settings.fill(&maxStreams, "max-streams", in: range)
    try settings.fill(&maxRequest, "max-request", in: range)
    try settings.fill(&maxResponse, "max-response", in: range)
    try settings.fill(&maxAge, "max-age")
    try settings.fill(&maxIdle, "max-idle")
  }

  func set(in configuration: inout Server.Configuration) {
    if let maxConcurrentCalls { configuration.maxConcurrentCalls = maxConcurrentCalls }
    if let maxStreams { configuration.maxConcurrentStreams = maxStreams }
    if let maxRequest { configuration.maxRequestMessageBytes = maxRequest }
    configuration.maxResponseMessageBytes = maxResponse
    configuration.connectionAge.maxAge = maxAge?.duration
    configuration.connectionAge.maxIdleTime = maxIdle?.duration
  }
}
