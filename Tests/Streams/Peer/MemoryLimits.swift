import ArgumentParser
import CoreGRPC

/// The settings that bound the memory of messages that nobody reads.
struct MemoryLimits: ParsableArguments {
  @Option(help: ArgumentHelp("The window of each stream. (default: chosen by C-core)", valueName: "bytes"))
  var window: Int?

  @Option(help: ArgumentHelp("The memory quota. (default: the library's)", valueName: "bytes"))
  var quota: Int?

  var channel: Channel.Configuration {
    var configuration = Channel.Configuration()
    configuration.usesHTTPProxy = false
    configuration.targetWindowSize = window
    if let quota { configuration.memoryQuota = quota }
    return configuration
  }
}
