/// What the library and gRPC's C-core have to say beyond the errors of calls.
///
/// Without a handler, C-core's log goes to standard error, in lines that begin with `gRPC`; the environment variable
/// `GRPC_VERBOSITY` sets how much, and what the library itself has to say is not written. With a handler everything goes
/// there, and `GRPC_VERBOSITY` has no say. The product `CoreGRPCLogging` has a handler for swift-log.
///
/// No event has the value of metadata: where C-core logs one, the text is cut off before it.
public enum CoreGRPCLog {
  /// Gets events, on any thread and on several at once.
  ///
  /// C-core may hold locks meanwhile: a handler may neither use this library nor wait for anything that does. Let it put the
  /// event into a queue, no more.
  public typealias Handler = @Sendable (Event) -> Void

  private struct Sink {
    let handler: Handler
    let minimumLevel: Level
  }

  private static let sink = Locked<Sink?>(nil)

  /// Sends all events of the process to `handler`, instead of where they went before.
  ///
  /// - Parameters:
  ///   - minimumLevel: The lowest level of interest; C-core does not even format what is below.
  ///   - handler: What gets the events; `nil` for what happens without a handler. The one before may still be running, and
  ///     get a last event, when this returns.
  public static func setHandler(minimumLevel: Level = .error, _ handler: Handler?) {
    CoreLog.install()
    sink.withLock { sink in
      sink = handler.map { Sink(handler: $0, minimumLevel: minimumLevel) }
      // Under the lock, so that of two threads here the same one is the last to set both. C-core logs nothing meanwhile.
      CoreLog.setVerbosity(sink?.minimumLevel)
    }
  }

  /// Hands an event to the handler.
  ///
  /// - Parameter makeEvent: Makes the event, if anybody wants it.
  /// - Returns: Whether there is a handler.
  @discardableResult
  static func report(_ level: Level, _ makeEvent: () -> Event) -> Bool {
    // Copied out of the lock: a handler must not block the others, and making an event may run a user's code.
    guard let sink = sink.withLock({ $0 }) else { return false }
    if level >= sink.minimumLevel { sink.handler(makeEvent()) }
    return true
  }
}
