import ArgumentParser
import CommandLineSupport
import CoreGRPC
import StreamSupport
import TestSupport

/// Reads streams, to show what a window costs: see `scripts/unread-streams`.
struct RateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "rate",
    abstract: "Reads streams of messages of 64 KiB for some seconds, and prints the bytes a second."
  )

  @Option(help: "The server's target.")
  var target: String

  @Option(help: ArgumentHelp("How many streams.", valueName: "n"))
  var streams = 1

  @Option(help: ArgumentHelp("How long.", valueName: "s"))
  var seconds = 2

  @OptionGroup
  var limits: MemoryLimits

  func run() async throws {
    let channel = try Channel(target: target, configuration: limits.channel)
    let messages = Counter()
    let size = 65_536
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: .seconds(seconds))
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<streams {
        group.addTask {
          try await channel.serverStreaming(
            request: ClientRequest(message: Array("\(Int.max) \(size)".utf8)),
            descriptor: StreamKind.serverStreaming.descriptor,
            serializer: IdentitySerializer(),
            deserializer: IdentityDeserializer()
          ) { (response: StreamingClientResponse<[UInt8]>) in
            for try await _ in response.messages {
              messages.add()
              if clock.now >= end { break }
            }
          }
        }
      }
      try await group.waitForAll()
    }
    try StandardOutput.printLine("\(messages.value * size / seconds)")
  }
}
