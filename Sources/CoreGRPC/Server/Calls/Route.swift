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

  init(descriptor: MethodDescriptor, index: Int, handler: MethodHandler) {
    self.descriptor = descriptor
    self.index = index
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
