public import CoreGRPC
public import Logging

#if !Programs && !ServiceLifecycle && !Logging
  #error("add traits: [\"Logging\"] to the dependency on swift-coregrpc in Package.swift")
#endif

extension CoreGRPCLog {
  /// Sends the events of the library and of gRPC's C-core to a swift-log `Logger`.
  ///
  /// Call it once, when the program starts; `CoreGRPCLog.setHandler(nil)` undoes it. An entry has C-core's level, and
  /// in its metadata `grpc.file` and `grpc.line`, where it comes from, and `grpc.method`, if it is about a call that is
  /// served.
  ///
  /// The logger is called by a task and never by C-core, which may hold locks when it logs. Entries wait for it in a
  /// queue of at most `maxEventsPerSecond`. An entry that exceeds the queue or the rate is dropped and counted.
  /// A warning at the end of the second has the number of dropped entries, in `grpc.dropped`.
  ///
  /// - Parameters:
  ///   - logger: The logger that gets the entries.
  ///   - minimumLevel: The lowest level of interest; by default the logger's level at the time of the call. At `.info`
  ///     and `.debug` C-core speaks to those who work on it.
  ///   - maxEventsPerSecond: The largest number of entries a second, at least 1.
  public static func forward(to logger: Logger, minimumLevel: Level? = nil, maxEventsPerSecond: Int = 100) {
    let forwarder = LogForwarder(logger: logger, maximumPerSecond: max(1, maxEventsPerSecond))
    setHandler(minimumLevel: minimumLevel ?? Level(logger.logLevel)) { event in forwarder.add(event) }
  }
}
