/// A method that a server offers, ready to be called.
struct Route: Sendable {
  let descriptor: MethodDescriptor
  let handler: MethodHandler
}

/// A method's handler.
enum MethodHandler: Sendable {
  /// Starts when the request's message is there.
  case unary(UnaryHandler)
  /// Starts at once, and receives the messages itself.
  case stream(StreamHandler)
}
