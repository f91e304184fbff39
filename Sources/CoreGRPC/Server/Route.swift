/// A method that a server offers, ready to be called.
final class Route: Sendable {
  let descriptor: MethodDescriptor
  let handler: MethodHandler

  init(descriptor: MethodDescriptor, handler: MethodHandler) {
    self.descriptor = descriptor
    self.handler = handler
  }

  /// Whether a call can wait in C-core for its first message: the handler needs no less.
  var startsWithMessage: Bool {
    if case .unary = handler { true } else { false }
  }
}

/// A method's handler.
enum MethodHandler: Sendable {
  /// Starts when the request's message is there.
  case unary(UnaryHandler)
  /// Starts at once, and receives the messages itself.
  case stream(StreamHandler)
}
