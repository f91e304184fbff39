/// The log of the library and of gRPC's C-core.
///
/// Without a handler, the log goes to standard error, in lines that begin with `gRPC`. The environment variable
/// `GRPC_VERBOSITY` sets the level. Events that belong to one call, such as the error of its handler, are not written.
/// A line that standard error does not take at once, because nobody reads it, is dropped. With a handler all events go
/// to it, and `GRPC_VERBOSITY` has no effect. The product `CoreGRPCLogging` has a handler for swift-log.
///
/// Errors that peers can cause are bounded: five of a kind, and then one in 12 seconds, which tells the number of those
/// left out. A kind is a place in C-core's source, or a fault of connections that <doc:Logging> lists. For these a new
/// handler begins anew.
///
/// No event contains a value of metadata: where C-core logs one, the text ends before it.
public enum CoreGRPCLog {
  /// A closure that gets events, on any thread and on several at the same time.
  ///
  /// C-core may hold locks during the call: a handler must neither use this library nor wait for code that does. It
  /// should only put the event into a queue.
  public typealias Handler = @Sendable (Event) -> Void

  private struct Sink {
    let handler: Handler
    let minimumLevel: Level
  }

  private static let sink = Locked<Sink?>(nil)

  /// Sends all events of the process to a handler, in place of the previous one.
  ///
  /// - Parameters:
  ///   - minimumLevel: The lowest level of events. Defaults to errors.
  ///   - handler: The closure that gets the events; `nil` removes the handler. The previous handler may still run, and
  ///     get a last event, when this function returns.
  public static func setHandler(minimumLevel: Level = .error, _ handler: Handler?) {
    CoreLog.install()
    let new = handler.map { Sink(handler: $0, minimumLevel: minimumLevel) }
    let old = sink.withLock { sink in
      defer { sink = new }
      // Under the lock, so that of two threads here the same one is the last to set both. C-core logs nothing
      // meanwhile.
      CoreLog.setVerbosity(new?.minimumLevel)
      return sink
    }
    // Not under the lock: this may release objects that the program's closure captures.
    _ = consume old
  }

  /// Counts events that a handler of this package has dropped, for ``ProcessStatistics``.
  package static func countDropped(_ count: Int) { CoreLog.countDropped(count) }

  /// Hands an event to the handler.
  ///
  /// - Parameter makeEvent: Makes the event, if the handler wants its level.
  /// - Returns: Whether there is a handler.
  @discardableResult
  static func report(_ level: Level, _ makeEvent: () -> Event) -> Bool {
    // Copied out of the lock: a handler must not block the others, and making an event may run a user's code.
    guard let sink = sink.withLock({ $0 }) else { return false }
    if level >= sink.minimumLevel { sink.handler(makeEvent()) }
    return true
  }

  /// Hands an event that concerns a whole server, and not one call, to the handler, or writes it to standard error.
  static func reportOfServer(_ level: Level, _ message: String) {
    if !report(level, { Event(level: level, message: message) }) { CoreLog.write(level, message) }
  }
}
