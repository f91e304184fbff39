import CoreGRPC
import Logging

/// A forwarder of events from any thread to a task that logs them, which ends with this object.
final class LogForwarder: Sendable {
  private let queue: SharedQueue
  private let wakeUps: AsyncStream<Void>.Continuation

  init(logger: Logger, maximumPerSecond: Int) {
    let queue = SharedQueue(maximum: maximumPerSecond)
    // One wake-up is as good as many.
    let (stream, wakeUps) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    self.queue = queue
    self.wakeUps = wakeUps
    Task.detached(priority: .utility) {
      for await _ in stream { Self.log(queue.take(), to: logger, wakeUps) }
      Self.log(queue.take(), to: logger, wakeUps)
    }
  }

  deinit { wakeUps.finish() }

  /// Takes an event.
  ///
  /// Waits only for the lock on the queue, which no thread holds for long: C-core may be the caller.
  func add(_ event: CoreGRPCLog.Event) { if queue.add(event) { wakeUps.yield() } }

  private static func log(_ batch: LogQueue.Batch, to logger: Logger, _ wakeUps: AsyncStream<Void>.Continuation) {
    for event in batch.events {
      var metadata: Logger.Metadata = ["grpc.file": "\(event.file)", "grpc.line": "\(event.line)"]
      if let method = event.method { metadata["grpc.method"] = "\(method)" }
      logger.log(level: Logger.Level(event.level), "\(event.message)", metadata: metadata, source: "CoreGRPC")
    }
    if batch.dropped > 0 {
      CoreGRPCLog.countDropped(batch.dropped)
      logger.warning(
        "dropped \(batch.dropped) log entries: the queue was full",
        metadata: ["grpc.dropped": "\(batch.dropped)"],
        source: "CoreGRPC"
      )
    }
    guard let time = batch.reportTime else { return }
    Task.detached(priority: .utility) {
      try await Task.sleep(until: time, clock: .continuous)
      wakeUps.yield()
    }
  }
}

/// The queue, shared by the forwarder and its task, which must not keep the forwarder alive.
private final class SharedQueue: Sendable {
  private let queue: Locked<LogQueue>

  init(maximum: Int) { queue = Locked(LogQueue(maximum: maximum)) }

  func add(_ event: CoreGRPCLog.Event) -> Bool { queue.withLock { $0.add(event, at: .now) } }

  func take() -> LogQueue.Batch { queue.withLock { $0.take(at: .now) } }
}
