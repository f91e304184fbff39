/// A method that a server offers, ready to be called.
final class Route: Sendable {
  let descriptor: MethodDescriptor

  /// The method's number among those of the server.
  let index: Int

  /// The selection of calls that are checked for a second message, for a method that takes one message.
  let inspection = RequestInspection()

  /// The function that runs the handlers of calls one after the other, and replies.
  let serve: UnaryHandler.Serve

  /// Whether C-core holds a call until its first message is there, because the handler cannot start without it.
  let startsWithMessage: Bool

  /// The method's bound, if a full server takes its calls, too.
  let essential: EssentialMethod?

  /// Whether the handlers run on the server's polling threads always, as they are known to be quick.
  let staysOnPollers: Bool

  /// Whether interceptors see the calls.
  let isIntercepted: Bool

  /// The observer of the calls; `nil` without any.
  let observer: JoinedServerCallObservers?

  /// Whether observers or interceptors follow the calls.
  let isFollowed: Bool

  /// - Parameters:
  ///   - essentialCalls: The largest number of calls in progress, if a full server takes them, too.
  ///   - staysOnPollers: Whether the handlers are known to be quick.
  ///   - isIntercepted: Whether interceptors see the calls.
  ///   - observer: The observer of the calls.
  init(
    descriptor: MethodDescriptor,
    index: Int,
    handler: MethodHandler,
    essentialCalls: Int? = nil,
    staysOnPollers: Bool = false,
    isIntercepted: Bool = false,
    observer: JoinedServerCallObservers? = nil
  ) {
    self.isIntercepted = isIntercepted
    self.observer = observer
    isFollowed = isIntercepted || observer != nil
    self.descriptor = descriptor
    self.index = index
    self.essential = essentialCalls.map { EssentialMethod(index: index, maxConcurrentCalls: $0) }
    self.staysOnPollers = staysOnPollers
    switch handler {
    case .unary(let handler):
      serve = handler.serve
      startsWithMessage = true
    case .stream(let handler):
      serve = handler.serve
      startsWithMessage = false
    }
  }
}

/// A method's handler.
@usableFromInline
enum MethodHandler: Sendable {
  /// A handler that starts when the request's message is there.
  case unary(UnaryHandler)
  /// A handler that starts immediately, and receives the messages itself.
  case stream(StreamHandler)
}
