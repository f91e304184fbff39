/// A method that a server offers, ready to be called.
final class Route: Sendable {
  let descriptor: MethodDescriptor

  /// The method's number among those of the server.
  let index: Int

  /// Where the handlers run.
  let placement = HandlerPlacement()

  /// Runs the handler of one call after the other, and replies.
  let serve: UnaryHandler.Serve

  /// Whether a call can wait in C-core for its first message: the handler needs no less.
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
  /// Starts when the request's message is there.
  case unary(UnaryHandler)
  /// Starts at once, and receives the messages itself.
  case stream(StreamHandler)
}
