public import CoreGRPC
public import Logging

/// A log of the calls of a server, one entry for each, to a swift-log `Logger`.
///
/// ```swift
/// let accessLog = AccessLog(to: Logger(label: "access"))
/// var configuration = Server.Configuration()
/// configuration.callObservers.append(accessLog)
/// ```
///
/// An entry is made at the end of each call, whatever ends it, and also of calls that are refused before any handler or
/// interceptor sees them. Its message is the method and the status; its metadata is
///
/// | key | value |
/// |---|---|
/// | `grpc.method` | the method, or the path that was called, if the server has no such method |
/// | `grpc.status` | the status, for instance `NOT_FOUND` |
/// | `grpc.peer` | the client's address |
/// | `grpc.duration` | the time from the call's arrival to its end, in seconds |
/// | `grpc.sent_bytes`, `grpc.received_bytes` | the bytes of the messages |
/// | `grpc.sent_messages`, `grpc.received_messages` | the number of messages |
/// | `grpc.refusal` | the reason for which no handler got the call, if there is one |
/// | `grpc.request.metadata.KEY` | the client's metadata of the keys that the program names, and of no other |
///
/// The logger is called by a task, one entry after the other. Meanwhile entries wait in a queue. An entry that exceeds
/// the queue is dropped, and a warning tells the number, in `grpc.dropped`.
public final class AccessLog: ServerCallObserver {
  private let logger: Logger
  private let level: Logger.Level
  private let metadataKeys: [String]
  private let queue: AccessLogQueue
  private let wakeUps: AsyncStream<Void>.Continuation

  /// Creates a log, for any number of servers.
  ///
  /// - Parameters:
  ///   - logger: The logger that gets the entries.
  ///   - level: The level of the entries.
  ///   - metadataKeys: The keys of the client's metadata whose values are logged. Defaults to none: metadata may be
  ///     secret.
  ///   - maxWaitingEntries: The largest number of entries that wait for the logger, at least 1.
  public init(
    to logger: Logger,
    level: Logger.Level = .info,
    metadataKeys: Set<String> = [],
    maxWaitingEntries: Int = 10_000
  ) {
    self.logger = logger
    self.level = level
    self.metadataKeys = metadataKeys.map { $0.lowercased() }.sorted()
    let queue = AccessLogQueue(maximum: max(1, maxWaitingEntries))
    // One wake-up is as good as many.
    let (stream, wakeUps) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.queue = queue
    self.wakeUps = wakeUps
    Task.detached(priority: .utility) {
      for await _ in stream { Self.log(queue.take(), to: logger, level) }
      Self.log(queue.take(), to: logger, level)
    }
  }

  deinit { wakeUps.finish() }

  /// Notes a call that is over, for the task that logs it.
  public func callEnded(_ call: borrowing EndedServerCall) {
    guard logger.logLevel <= level else { return }
    if queue.add({ AccessLogEntry(call, metadataKeys: metadataKeys) }) { wakeUps.yield() }
  }

  /// Returns when the entries of all calls that are over have been logged.
  ///
  /// For the end of a program: after the server's shutdown, and before the process exits.
  public func flush() async {
    await withCheckedContinuation { continuation in
      queue.add(continuation)
      wakeUps.yield()
    }
  }

  private static func log(_ batch: AccessLogQueue.Batch, to logger: Logger, _ level: Logger.Level) {
    for entry in batch.entries {
      logger.log(level: level, "\(entry.message)", metadata: entry.metadata, source: "CoreGRPC")
    }
    if batch.dropped > 0 {
      CoreGRPCLog.countDropped(batch.dropped)
      logger.warning(
        "dropped \(batch.dropped) entries of the access log: the queue was full",
        metadata: ["grpc.dropped": "\(batch.dropped)"],
        source: "CoreGRPC"
      )
    }
    for flush in batch.flushes { flush.resume() }
  }
}
