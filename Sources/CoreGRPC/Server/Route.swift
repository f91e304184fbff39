/// A method that a server offers, ready to be called.
final class Route: Sendable {
  let descriptor: MethodDescriptor

  /// Runs the handler of a call, and replies.
  let serve: UnaryHandler.Serve

  /// Whether a call can wait in C-core for its first message: the handler needs no less.
  let startsWithMessage: Bool

  init(descriptor: MethodDescriptor, handler: MethodHandler) {
    self.descriptor = descriptor
    switch handler {
    case .unary(let handler):
      serve = handler.serve
      startsWithMessage = true
    case .stream(let handler):
      serve = { call in await call.respond(by: handler) }
      startsWithMessage = false
    }
  }
}

/// A method's handler.
enum MethodHandler: Sendable {
  /// Starts when the request's message is there.
  case unary(UnaryHandler)
  /// Starts at once, and receives the messages itself.
  case stream(StreamHandler)
}
