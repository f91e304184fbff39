public import CoreGRPC
public import Logging

extension CoreGRPCLog {
  /// Sends what the library and gRPC's C-core have to say to a swift-log `Logger`.
  ///
  /// Call it once, when the program starts; `CoreGRPCLog.setHandler(nil)` undoes it. An entry has C-core's level, and in its
  /// metadata `grpc.file` and `grpc.line`, where it comes from, and `grpc.method`, if it is about a call that is served.
  ///
  /// The logger is called by a task and never by C-core, which may hold locks when it logs. Entries wait for it in a queue
  /// of at most `maximumEventsPerSecond`. What exceeds the queue or the rate is dropped and counted, and a warning at the
  /// end of the second says how many there were, in `grpc.dropped`.
  ///
  /// - Parameters:
  ///   - logger: What gets the entries.
  ///   - minimumLevel: The lowest level of interest; by default what the logger's level is now. At `.info` and `.debug`
  ///     C-core speaks to those who work on it.
  ///   - maximumEventsPerSecond: How many entries a second are logged, at least 1.
  public static func forward(to logger: Logger, minimumLevel: Level? = nil, maximumEventsPerSecond: Int = 100) {
    let forwarder = LogForwarder(logger: logger, maximumPerSecond: max(1, maximumEventsPerSecond))
    setHandler(minimumLevel: minimumLevel ?? Level(logger.logLevel)) { event in forwarder.add(event) }
  }
}
