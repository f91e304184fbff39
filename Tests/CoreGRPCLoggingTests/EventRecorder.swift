import CoreGRPC

/// Collects the process's log events, and lets a test wait for one.
final class EventRecorder: Sendable {
  let events: AsyncStream<CoreGRPCLog.Event>
  private let recorded = Locked<[CoreGRPCLog.Event]>([])
  private let continuation: AsyncStream<CoreGRPCLog.Event>.Continuation

  init(minimumLevel: CoreGRPCLog.Level = .error) {
    (events, continuation) = AsyncStream.makeStream(of: CoreGRPCLog.Event.self)
    CoreGRPCLog.setHandler(minimumLevel: minimumLevel) { [self] event in
      recorded.withLock { $0.append(event) }
      continuation.yield(event)
    }
  }

  /// Everything up to now.
  var all: [CoreGRPCLog.Event] { recorded.withLock { $0 } }

  /// Waits for an event.
  func first(where matches: (CoreGRPCLog.Event) -> Bool) async -> CoreGRPCLog.Event? {
    await events.first { matches($0) }
  }

  func stop() { CoreGRPCLog.setHandler(nil) }
}
